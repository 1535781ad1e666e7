/** The controls. Every icon has its word, every shortcut is in the tooltip. */
import { BookOpen, Camera, Circle, CircleStop, Ellipsis, Grid2x2, Hand, Images, Keyboard, LayoutPanelLeft, Maximize, MessageSquare, Mic, MicOff, Microscope, MonitorUp, MonitorX, PhoneOff, PictureInPicture2, Presentation, ScreenShare, Settings2, Square, Users, Video, VideoOff } from "lucide";
import { Button, Icon, type IconNode } from "../ui";
import { inWaitingRoom, may } from "../session/room";
import type { CallController, CallState } from "./controller";
import { Menu } from "./menu";
import type { LayoutName } from "./plan";
import { canFloat } from "./stage_window";
import { t, type Word } from "./words";

export type DrawerName = "people" | "chat" | "devices" | "stills";

export interface BarProps {
  call: CallController;
  state: CallState;
  kiosk: boolean;
  layout: LayoutName;
  onLayout: (layout: LayoutName) => void;
  drawer: DrawerName | null;
  onDrawer: (drawer: DrawerName | null) => void;
  unread: number;
  /** Pictures there are to look at. */
  stills: number;
  mayTake: boolean;
  onTake: () => void;
  onRecord: () => void;
  onShare: () => void;
  onFloat: () => void;
  onSecond: () => void;
  onLeave: () => void;
  onEnd: () => void;
  onHelp: () => void;
}

interface BarButtonProps {
  icon: IconNode;
  word: Word;
  shortcut?: string;
  tone?: "off" | "on" | "danger";
  count?: number;
  onClick: () => void;
  class?: string;
  expanded?: boolean;
  /** Where the kiosk's keys begin. */
  first?: boolean;
  testid?: string;
}

function BarButton({ icon, word, shortcut, tone, count = 0, onClick, class: extra = "", expanded, first, testid }: BarButtonProps) {
  return (
    <button
      type="button"
      class={`bar__button ${tone ? `bar__button--${tone}` : ""} ${extra}`}
      title={shortcut ? `${t(word)} (${shortcut})` : t(word)}
      aria-expanded={expanded}
      onClick={onClick}
      data-testid={testid}
      {...(first ? { "data-primary": "" } : {})}
    >
      <Icon of={icon} />
      <span>{t(word)}</span>
      {count > 0 && <span class="bar__count">{count}</span>}
    </button>
  );
}

const layouts: readonly { name: LayoutName; word: Word; icon: IconNode }[] = [
  { name: "grid", word: "layoutGrid", icon: Grid2x2 },
  { name: "speaker", word: "layoutSpeaker", icon: Presentation },
  { name: "exam", word: "layoutExam", icon: Microscope },
  { name: "papers", word: "layoutPapers", icon: BookOpen },
];

export function Bar(props: BarProps) {
  const { call, state, kiosk } = props;
  const { camera, microphone } = state.local;
  const recording = state.session.room?.recording.state ?? "off";
  const recordingOn = recording === "on" || recording === "asking";
  const inside = isInside(state);
  return (
    <nav class={`bar ${kiosk ? "bar--kiosk" : ""}`} aria-label={t("controls")}>
      <BarButton icon={microphone.on ? Mic : MicOff} word={microphone.on ? "microphoneOff" : "microphoneOn"} shortcut="M" tone={microphone.on ? "on" : "off"} onClick={() => void call.toggle("microphone")} first={kiosk} testid="mic" />
      <BarButton icon={camera.on ? Video : VideoOff} word={camera.on ? "cameraOff" : "cameraOn"} shortcut="V" tone={camera.on ? "on" : "off"} onClick={() => void call.toggle("camera")} testid="camera" />
      {!kiosk && inside && <Extras {...props} />}
      {kiosk && <BarButton icon={Hand} word={state.hand ? "handDown" : "hand"} tone={state.hand ? "on" : undefined} onClick={() => call.setHand(!state.hand)} />}
      {inside && (!state.session.room || may(state.session.room, "record")) && <BarButton icon={recordingOn ? Square : Circle} word={recordingOn ? "recordStop" : "record"} tone={recordingOn ? "on" : undefined} onClick={props.onRecord} class={kiosk ? "" : "bar__wide"} testid="record" />}
      {!kiosk && <More {...props} recordingOn={recordingOn} />}
      <BarButton icon={PhoneOff} word="leave" tone="danger" onClick={props.onLeave} testid="leave" />
    </nav>
  );
}

/** Who waits at the door has a camera, a microphone and a way out; the rest is for who is in. */
const isInside = ({ session }: CallState) => session.phase !== "waiting" && !session.held;

function Extras({ call, state, layout, onLayout, drawer, onDrawer, unread, stills, mayTake, onTake, onShare }: BarProps) {
  const sharing = state.local.extras.some((extra) => extra.key === "screen");
  const waiting = state.session.room ? inWaitingRoom(state.session.room).length : 0;
  const toggle = (name: DrawerName) => () => onDrawer(drawer === name ? null : name);
  return (
    <>
      {"getDisplayMedia" in (navigator.mediaDevices ?? {}) && <BarButton icon={sharing ? MonitorX : MonitorUp} word={sharing ? "shareStop" : "share"} shortcut="D" tone={sharing ? "on" : undefined} onClick={onShare} class="bar__wide" />}
      <Menu label={t("layout")} icon={LayoutPanelLeft} class="bar__wide">
        {(close) => <LayoutChoice layout={layout} onLayout={(name) => (onLayout(name), close())} />}
      </Menu>
      <BarButton icon={Hand} word={state.hand ? "handDown" : "hand"} shortcut="H" tone={state.hand ? "on" : undefined} onClick={() => call.setHand(!state.hand)} class="bar__wide" />
      {mayTake && <BarButton icon={Camera} word="take" shortcut="S" onClick={onTake} class="bar__wide" testid="take-still" />}
      <BarButton icon={Images} word="photos" shortcut="I" count={stills} expanded={drawer === "stills"} onClick={toggle("stills")} class="bar__wide" testid="stills" />
      <BarButton icon={Users} word="people" shortcut="P" count={waiting} expanded={drawer === "people"} onClick={toggle("people")} class="bar__wide" />
      <BarButton icon={MessageSquare} word="chat" shortcut="C" count={unread} expanded={drawer === "chat"} onClick={toggle("chat")} />
    </>
  );
}

function LayoutChoice({ layout, onLayout }: { layout: LayoutName; onLayout: (layout: LayoutName) => void }) {
  return (
    <>
      {layouts.map(({ name, word, icon }) => (
        <Button key={name} kind="quiet" icon={icon} wide aria-pressed={layout === name} onClick={() => onLayout(name)} data-testid={`layout-${name}`}>
          {t(word)}
        </Button>
      ))}
    </>
  );
}

/** What does not fit: everything on a phone, the rarer things elsewhere. */
function More(props: BarProps & { recordingOn: boolean }) {
  const { call, state, onDrawer, onHelp, onRecord, recordingOn } = props;
  const mayEnd = state.session.room && may(state.session.room, "end");
  const inside = isInside(state);
  return (
    <Menu label={t("more")} icon={Ellipsis}>
      {(close) => {
        const entry = (icon: IconNode, word: Word, act: () => void, extra = "") => (
          <Button key={word} kind="quiet" icon={icon} wide class={extra} onClick={() => (close(), act())}>
            {t(word)}
          </Button>
        );
        return (
          <>
            {state.session.room && may(state.session.room, "record") && entry(Circle, recordingOn ? "recordStop" : "record", onRecord, "bar__narrow")}
            {inside && entry(Hand, state.hand ? "handDown" : "hand", () => call.setHand(!state.hand), "bar__narrow")}
            {inside && props.mayTake && entry(Camera, "take", props.onTake, "bar__narrow")}
            {inside && entry(Images, "photos", () => onDrawer("stills"), "bar__narrow")}
            {inside && entry(Users, "people", () => onDrawer("people"), "bar__narrow")}
            {inside && layouts.map(({ name, word, icon }) => entry(icon, word, () => props.onLayout(name), "bar__narrow"))}
            {entry(Settings2, "settings", () => onDrawer("devices"))}
            {entry(Maximize, "fullScreen", toggleFullScreen)}
            {inside && (canFloat() || document.pictureInPictureEnabled) && entry(PictureInPicture2, "pictureInPicture", props.onFloat)}
            {inside && entry(ScreenShare, "secondScreen", props.onSecond, "bar__wide")}
            {entry(Keyboard, "shortcuts", onHelp)}
            {mayEnd && entry(CircleStop, "endForAll", props.onEnd)}
          </>
        );
      }}
    </Menu>
  );
}

export function toggleFullScreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen?.().catch(() => undefined);
}

/** The large picture, or the first, over the other windows of this computer. */
export function floatVideo(): void {
  if (document.pictureInPictureElement) void document.exitPictureInPicture();
  const video = document.querySelector<HTMLVideoElement>(".tile--main .tile__video, .tile--speaking .tile__video, .tile--grid .tile__video");
  if (video && !document.pictureInPictureElement) void video.requestPictureInPicture().catch(() => undefined);
}
