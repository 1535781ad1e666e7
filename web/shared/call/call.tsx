/** The call: pictures, controls, drawer, questions. The doctor's page and the kiosk wrap it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Columns2, MicOff, PhoneOff, RefreshCw, Volume2, X } from "lucide";
import { common } from "../i18n";
import type { LocalState } from "../media/local";
import type { Problem } from "../media/problems";
import { RequestError } from "../session/wire";
import { mustAnswer as mustAnswerPhotographs, taken } from "../stills/board";
import { PhotographQuestion } from "../stills/consent";
import { useStills } from "../stills/hooks";
import { sourceByKey } from "../stills/sources";
import { announce, Button, Dialog, Icon, LoadingState, notify } from "../ui";
import { Bar, type DrawerName, floatVideo, toggleFullScreen } from "./bar";
import "./call.css";
import { SourceAsked } from "./asking";
import { CaptionLines } from "./captions";
import { ConsentQuestion, mustAnswer } from "./consent";
import { PurposeQuestions } from "./consents";
import { type CallController, type CallState, lineNow } from "./controller";
import { Door, Invitation, WaitingPage } from "./door";
import { DeviceChoice, EffectChoice, ExtraSources } from "./devices";
import type { Happening } from "./happenings";
import { HeldPage } from "./held";
import { useCall } from "./hooks";
import { Chat, fetchLater, Gallery, hasRoom, Papers, People, SourcePicker, StillView } from "./later";
import { keepLayout, readLayout } from "./layout_choice";
import { LineNote } from "./line";
import { RoomNotices } from "./notices";
import { type LayoutName, layoutNames } from "./plan";
import type * as P from "../protocol/messages";
import { type Shortcut, ShortcutHelp, useShortcuts } from "./shortcuts";
import { Stage } from "./stage";
import { canFloat, InWindow, PicturesAway, useStageWindow, WindowBar } from "./stage_window";
import { TopLine } from "./topline";
import { t } from "./words";

interface CallProps {
  call: CallController;
  /** The consult room's variant: five large buttons, nothing else. */
  variant?: "doctor" | "kiosk";
}

export function Call({ call, variant = "doctor" }: CallProps) {
  const state = useCall(call);
  const kiosk = variant === "kiosk";
  const [layout, setLayout] = useLayout(kiosk);
  const [pinned, setPinned] = useState<string | null>(null);
  const [drawer, setDrawer] = useState<DrawerName | null>(null);
  const [asking, setAsking] = useState<"end" | "keys" | null>(null);
  const unread = useUnread(state, drawer === "chat");
  const stageWindow = useStageWindow();
  const { away } = stageWindow;
  const { room, phase, held } = state.session;
  const openStill = useStills(call.stills, (stills) => stills.open);
  const mayTake = useStills(call.stills, (stills) => stills.board.mayTake);
  const count = useStills(call.stills, (stills) => taken(stills.board).length);
  const question = useStills(call.stills, (stills) => (room ? mustAnswerPhotographs(stills.board, room.me) : undefined));

  const record = () => {
    const running = room?.recording.state === "on" || room?.recording.state === "asking";
    void call.session.record(running ? "stop" : "start").catch(tellFailure);
  };
  const share = () => {
    if (state.local.extras.some((extra) => extra.key === "screen")) call.local.stopScreen();
    else void call.local.shareScreen().then(() => isSilent(call.local.state) && notify({ text: t("shareSilent"), kind: "attention" }));
  };
  const take = (participant: string, source: P.Source) => void call.stills.ask(participant, source).catch(tellFailure);
  const takeLooked = () => {
    const found = room && mayTake ? sourceByKey(room, pinned) : undefined;
    if (found) take(found.person.id, found.source);
    else setDrawer("stills");
  };
  const open = (name: DrawerName) => () => setDrawer((now) => (now === name ? null : name));
  const shortcuts: Shortcut[] = [
    { key: "m", word: "microphone", act: () => void toggle(call, "microphone") },
    { key: "v", word: "camera", act: () => void toggle(call, "camera") },
    { key: "h", word: "hand", act: () => call.setHand(!call.state.hand) },
    { key: "s", word: "take", act: takeLooked },
    { key: "i", word: "photos", act: open("stills") },
    { key: "p", word: "people", act: open("people") },
    { key: "c", word: "chat", act: open("chat") },
    { key: "l", word: "layout", act: () => setLayout(nextLayout) },
    { key: "g", word: "layoutPapers", act: () => setLayout((now) => (now === "papers" ? "speaker" : "papers")) },
    { key: "f", word: "fullScreen", act: toggleFullScreen },
    { key: "d", word: "share", act: share },
    { key: "?", word: "shortcuts", act: () => setAsking("keys") },
  ];
  useShortcuts(kiosk ? [] : shortcuts);
  const roomy = hasRoom(state);
  useEffect(() => (roomy ? fetchLater() : undefined), [roomy]);
  const papers = layout === "papers" && room !== null && phase !== "waiting";
  const still = openStill !== null && !papers; // large in the pictures' place; they stand in a column beside it

  return (
    <main class={`call ${kiosk ? "call--kiosk" : ""}`} data-testid="call" data-phase={phase} data-media={state.session.media}>
      <TopLine call={call} state={state} onPeople={kiosk ? open("people") : undefined} onFailure={tellFailure} />
      <div class="call__banners">
        <Banner call={call} state={state} />
        {room && phase === "in" && <Door call={call} room={room} onFailure={tellFailure} />}
        {room && phase !== "waiting" && <RoomNotices call={call} state={state} room={room} onFailure={tellFailure} />}
        <LineNote state={state} />
      </div>
      <div class={`call__middle ${papers ? "call__middle--papers" : ""}`}>
        {held ? (
          <HeldPage held={held} onRetry={() => call.session.knock()} />
        ) : phase === "waiting" && room ? (
          <WaitingPage state={state} room={room} />
        ) : room ? (
          <div class={`call__pictures ${still ? "call__pictures--still" : ""}`}>
            {still && <StillView stills={call.stills} room={room} onFailure={tellFailure} />}
            {layout === "exam" && <SourcePicker call={call} room={room} pinned={pinned} onPin={setPinned} onFailure={tellFailure} />}
            {away ? <PicturesAway onBack={stageWindow.close} /> : <Stage call={call} state={state} layout={still ? "grid" : layout} pinned={still ? null : pinned} onPin={still ? undefined : setPinned} />}
            {state.captions && <CaptionLines room={room} />}
            {away && (
              <InWindow into={away}>
                <Stage call={call} state={state} layout={away.kind === "floating" ? "speaker" : layout} pinned={pinned} onPin={setPinned} view={away.window} />
                {away.kind === "floating" && <WindowBar call={call} state={state} onBack={stageWindow.close} />}
              </InWindow>
            )}
          </div>
        ) : (
          <LoadingState>{t("connecting")}</LoadingState>
        )}
        {papers && <Papers call={call} room={room} onFailure={tellFailure} />}
        {drawer && <Drawer name={drawer} call={call} state={state} onTake={take} onClose={() => setDrawer(null)} />}
      </div>
      <Bar
        call={call}
        state={state}
        kiosk={kiosk}
        layout={layout}
        onLayout={(name) => (setLayout(() => name), setPinned(null))}
        drawer={drawer}
        onDrawer={setDrawer}
        unread={unread}
        stills={count}
        mayTake={mayTake}
        onTake={takeLooked}
        onRecord={record}
        onShare={share}
        onFloat={() => (away ? stageWindow.close() : canFloat() ? stageWindow.open("floating") : floatVideo())}
        onSecond={() => (away ? stageWindow.close() : stageWindow.open("second"))}
        onLeave={() => call.leave()}
        onEnd={() => setAsking("end")}
        onHelp={() => setAsking("keys")}
      />
      {room && mustAnswer(room) && <ConsentQuestion call={call} room={room} onFailure={tellFailure} />}
      {room && phase === "in" && <PurposeQuestions call={call} room={room} onFailure={tellFailure} />}
      {room && phase === "in" && <SourceAsked call={call} state={state} room={room} byItself={kiosk} onFailure={tellFailure} />}
      {room && <Invitation call={call} room={room} microphoneOn={state.local.microphone.on} />}
      {room && question && <PhotographQuestion stills={call.stills} still={question} room={room} onFailure={tellFailure} />}
      {asking === "end" && <EndQuestion call={call} onClose={() => setAsking(null)} />}
      {asking === "keys" && <ShortcutHelp shortcuts={shortcuts} onClose={() => setAsking(null)} />}
    </main>
  );
}

/** Words for what happened; give it to the controller as `onHappening`. */
export function tellHappening(happening: Happening): void {
  notify({ text: happening.text ?? t(happening.word, happening.values), kind: happening.kind ?? "plain" });
}

/** A screen is shared, and its sound is not: Firefox gives none, and other browsers only with a tick. */
function isSilent({ extras }: LocalState): boolean {
  return extras.some(({ key }) => key === "screen") && !extras.some(({ key }) => key === "screen-audio");
}

function tellFailure(error: unknown): void {
  const text = error instanceof RequestError && error.message && error.code !== "down" && error.code !== "timeout" ? `${error.message} ${error.action}` : `${t("notDone")} ${common("errorNetworkAction")}`;
  notify({ text, kind: "attention" });
}

async function toggle(call: CallController, input: "camera" | "microphone"): Promise<void> {
  await call.toggle(input);
  const on = call.local.state[input].on;
  announce(t(input === "camera" ? (on ? "cameraIsOn" : "cameraIsOff") : on ? "microphoneIsOn" : "microphoneIsOff"));
}

function nextLayout(now: LayoutName): LayoutName {
  return layoutNames[(layoutNames.indexOf(now) + 1) % layoutNames.length] ?? "grid";
}

/** The arrangement, as this device was last used; the consult room's machine has one. */
function useLayout(kiosk: boolean): [LayoutName, (next: (now: LayoutName) => LayoutName) => void] {
  const [layout, setLayout] = useState<LayoutName>(kiosk ? "speaker" : readLayout);
  useEffect(() => {
    if (!kiosk) keepLayout(layout);
  }, [kiosk, layout]);
  return [layout, setLayout];
}

function useUnread(state: CallState, reading: boolean): number {
  const count = state.session.room?.chat.length ?? 0;
  const read = useRef<number | null>(null);
  if (read.current === null && state.session.room) read.current = count;
  if (reading) read.current = count;
  return Math.max(0, count - (read.current ?? count));
}

/** One line between title and pictures while something is not as it should be. */
function Banner({ call, state }: { call: CallController; state: CallState }) {
  const { phase, media, attempt } = state.session;
  if (phase === "reconnecting") {
    return (
      <p class="banner banner--attention" role="status" data-testid="reconnecting">
        <span class="spinner" aria-hidden="true" />
        <span>{t(lineNow(state) === "lost" ? "reconnectingLost" : "reconnecting", { attempt })}</span>
      </p>
    );
  }
  if (phase === "in" && media === "disturbed") {
    return (
      <p class="banner banner--attention" role="status">
        <Icon of={RefreshCw} />
        <span>{t("mediaDisturbed")}</span>
      </p>
    );
  }
  if (phase === "in" && state.local.microphone.on && state.local.microphone.held) {
    return (
      <p class="banner banner--attention" role="status" data-testid="microphone-held">
        <Icon of={MicOff} />
        <span>{t("microphoneHeld")}</span>
      </p>
    );
  }
  if (state.soundBlocked) {
    return (
      <div class="banner banner--attention" role="status">
        <span>{t("soundBlocked")}</span>
        <Button kind="primary" icon={Volume2} onClick={() => call.allowSound()}>
          {t("soundAllow")}
        </Button>
      </div>
    );
  }
  return null;
}

interface DrawerProps {
  name: DrawerName;
  call: CallController;
  state: CallState;
  onTake: (participant: string, source: P.Source) => void;
  onClose: () => void;
}

function Drawer({ name, call, state, onTake, onClose }: DrawerProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [opener] = useState(() => document.activeElement);
  useEffect(() => heading.current?.focus(), [name]);
  useEffect(() => {
    const drawer = heading.current?.closest("aside");
    return () => {
      const { activeElement } = document; // the body, when what had it is gone already
      const lost = activeElement === document.body || drawer?.contains(activeElement);
      if (opener instanceof HTMLElement && lost) opener.focus();
    };
  }, [opener]);
  const title = t(name === "devices" ? "settings" : name === "stills" ? "photos" : name);
  const tellProblem = (problem: Problem) => notify({ text: `${t("notDone")} (${problem})`, kind: "attention" });
  const [wide, setWide] = useState(false);
  return (
    <aside class={`drawer ${wide ? "drawer--wide" : ""}`} aria-label={title} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <div class="drawer__head">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <Button kind="quiet" square class="drawer__widen" icon={Columns2} aria-pressed={wide} onClick={() => setWide(!wide)} title={t("drawerWide")} data-testid="drawer-wide">
          {t("drawerWide")}
        </Button>
        <Button kind="quiet" square icon={X} onClick={onClose} data-back="">
          {common("close")}
        </Button>
      </div>
      {name === "people" && <People call={call} state={state} onFailure={tellFailure} />}
      {name === "stills" && state.session.room && <Gallery stills={call.stills} room={state.session.room} onTake={onTake} onFailure={tellFailure} />}
      {name === "chat" && <Chat call={call} state={state} />}
      {name === "devices" && (
        <div class="stack">
          <DeviceChoice local={call.local} state={state.local} />
          <EffectChoice local={call.local} state={state.local} />
          <ExtraSources local={call.local} state={state.local} onProblem={tellProblem} />
        </div>
      )}
    </aside>
  );
}

function EndQuestion({ call, onClose }: { call: CallController; onClose: () => void }) {
  return (
    <Dialog
      title={t("endQuestion")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("stay")}</Button>
          <Button kind="danger" icon={PhoneOff} onClick={() => void call.session.moderate("end").catch(tellFailure)} data-testid="end-confirm">
            {t("endForAll")}
          </Button>
        </>
      }
    >
      {t("endText")}
    </Dialog>
  );
}
