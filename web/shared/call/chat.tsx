/** Messages of the room; Enter sends, Shift+Enter makes a new line. What could not be sent stays in the box. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Download, MessageSquare, Paperclip, SendHorizontal } from "lucide";
import { formatBytes, formatTime } from "../i18n";
import { useStills } from "../stills/hooks";
import type * as P from "../protocol/messages";
import { Button, EmptyState, Field } from "../ui";
import type { CallController, CallState } from "./controller";
import { t } from "./words";

const longest = 4000;

export function Chat({ call, state }: { call: CallController; state: CallState }) {
  const [text, setText] = useState("");
  const [failed, setFailed] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  const lines = state.session.room?.chat ?? [];
  useEffect(() => list.current?.lastElementChild?.scrollIntoView({ block: "end" }), [lines.length]);

  const send = async () => {
    const message = text.trim();
    if (!message) return;
    setText("");
    setFailed(false);
    await call.session.chat(message).catch(() => {
      setText((now) => now || message);
      setFailed(true);
    });
  };

  return (
    <div class="chat">
      {lines.length === 0 ? (
        <EmptyState icon={MessageSquare} title={t("chatEmpty")}>
          {t("chatEmptyText")}
        </EmptyState>
      ) : (
        <ol class="chat__lines" ref={list} tabIndex={0} aria-label={t("chat")}>
          {lines.map((line, index) => (
            <li key={`${line.at}-${index}`} class={`chat__line ${line.participant === state.session.room?.me ? "chat__line--mine" : ""}`}>
              <span class="small quiet-text">
                {line.name} · <time dateTime={line.at}>{formatTime(line.at)}</time>
              </span>
              {line.file ? <FileLine call={call} file={line.file} /> : <span class="chat__text">{line.text}</span>}
            </li>
          ))}
        </ol>
      )}
      <Sending call={call} />
      <form
        class="chat__write"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Field label={t("chatWrite")} error={failed ? t("chatNotSent") : undefined}>
          {(control) => (
            <textarea
              {...control}
              rows={2}
              maxLength={longest}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
                event.preventDefault();
                void send();
              }}
            />
          )}
        </Field>
        <div class="chat__buttons">
          <Attach call={call} />
          <Button type="submit" kind="primary" icon={SendHorizontal}>
            {t("chatSend")}
          </Button>
        </div>
      </form>
      <p class="small quiet-text">{t("fileKinds")}</p>
    </div>
  );
}

/** What the server takes (server/files/sniff.h); it looks into the file itself, this only helps to choose. */
const kinds = ".jpg,.jpeg,.png,.pdf,.dcm,image/jpeg,image/png,application/pdf,application/dicom";

function Attach({ call }: { call: CallController }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={picker}
        class="visually-hidden"
        type="file"
        accept={kinds}
        tabIndex={-1}
        aria-hidden="true"
        data-testid="chat-file"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) void call.stills.sendFile(file);
          event.currentTarget.value = "";
        }}
      />
      <Button kind="secondary" icon={Paperclip} onClick={() => picker.current?.click()} data-testid="chat-attach">
        {t("fileAttach")}
      </Button>
    </>
  );
}

/** What is on its way. */
function Sending({ call }: { call: CallController }) {
  const sending = useStills(call.stills, (state) => state.sending).filter((one) => one.kind === "chat");
  return (
    <>
      {sending.map((one) => (
        <p key={one.id} class="small" role="status" data-testid="chat-sending">
          {t("fileSending", { name: one.name, percent: Math.floor((100 * one.sent) / one.size) })}
        </p>
      ))}
    </>
  );
}

function FileLine({ call, file }: { call: CallController; file: P.ChatFile }) {
  const [failed, setFailed] = useState(false);
  const fetchIt = async () => {
    try {
      const url = URL.createObjectURL(await call.stills.content(file.id));
      const link = document.createElement("a");
      link.href = url;
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      setFailed(false);
    } catch {
      setFailed(true);
    }
  };
  return (
    <span class="chat__text" data-testid="chat-line-file">
      <Button kind="quiet" icon={Download} onClick={() => void fetchIt()}>
        {file.name} ({formatBytes(file.size)})
      </Button>
      {failed && <span class="field__error">{t("fileNotFetched")}</span>}
    </span>
  );
}
