/** Messages of the room; Enter sends, Shift+Enter makes a new line. What could not be sent stays in the box. */
import { useEffect, useRef, useState } from "preact/hooks";
import { MessageSquare, SendHorizontal } from "lucide";
import { formatTime } from "../i18n";
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
              <span class="chat__text">{line.text}</span>
            </li>
          ))}
        </ol>
      )}
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
        <Button type="submit" kind="primary" icon={SendHorizontal}>
          {t("chatSend")}
        </Button>
      </form>
    </div>
  );
}
