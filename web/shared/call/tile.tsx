/** One picture: a person's face or another source, with name, role, state, and the reason when it does not move. */
import { useRef } from "preact/hooks";
import { Hand, Images, Maximize2, MicOff, Minimize2, Signal, Stethoscope, TriangleAlert, User } from "lucide";
import { roleName } from "../i18n";
import { slotOf } from "../session/room";
import { Button, Icon } from "../ui";
import { type CallController, type CallState, lineNow } from "./controller";
import { useVideo } from "./hooks";
import { t as roomWord } from "./room_words";
import { absenceOf, lineName, reasonOf, sourceName } from "./names";
import type { Picture } from "./plan";
import { WhyNote } from "./line";
import { isServers, whyOf } from "./why";
import { t } from "./words";

interface TileProps {
  call: CallController;
  state: CallState;
  picture: Picture;
  place: "main" | "grid" | "small";
  /** No room for sentences over the picture. */
  low: boolean;
  pinned: boolean;
  onPin?: (() => void) | undefined;
}

export function Tile({ call, state, picture, place, low, pinned, onPin }: TileProps) {
  const video = useRef<HTMLVideoElement>(null);
  const { person, source } = picture;
  const room = state.session.room;
  const slot = room ? slotOf(room, person.id, source) : undefined;
  const playing = useVideo(video, slot ? call.track(slot.mid) : null);
  const face = source === "camera";
  const stills = slot?.state === "stills";
  const reason = (room && absenceOf(room, person)) ?? reasonOf(person, source, slot) ?? (playing ? null : stills ? "stills" : "opening");
  const why = whyOf(slot, person.name, state.still);
  const keepsPicture = playing && slot?.state === "paused";
  const unheard = reason === "apart" || reason === "held";
  const speaking = face && !unheard && room?.speaker === person.id && person.microphone && lineNow(state) !== "lost";
  const classes = ["tile", `tile--${place}`, face ? "tile--face" : "tile--source", speaking && "tile--speaking"];
  return (
    <article
      class={classes.filter((c) => c !== false).join(" ")}
      data-testid={face ? "remote-tile" : "source-tile"}
      data-participant={person.id}
      data-source={source}
      data-state={reason ?? (stills ? "stills" : "live")}
      aria-label={t("tileOf", { name: person.name, role: face ? roleName(person.role) : sourceName(source) })}
    >
      <video ref={video} class="tile__video" playsInline muted autoplay hidden={reason !== null && !keepsPicture && reason !== "opening" && reason !== "stills"} />
      {reason && (
        <div class={`tile__veil ${keepsPicture ? "tile__veil--over" : ""}`}>
          {!low && <Icon of={person.role === "patient" ? User : Stethoscope} class="tile__figure" />}
          <span>{unheard ? roomWord(reason) : why && !low && reason !== "away" ? why.text : t(reason)}</span>
        </div>
      )}
      {stills && !reason && (
        <p class="tile__note">
          <Icon of={Images} />
          {low && <span aria-hidden="true">{t("stillsShort")}</span>}
          <span class={low ? "visually-hidden" : ""}>{why?.text ?? t(isServers(slot) ? "stillsShort" : "stills")}</span>
        </p>
      )}
      {why && !reason && !stills && <WhyNote why={why} quiet={low} />}
      <footer class="tile__foot">
        {face && !person.microphone && (
          <span class="tile__mark">
            <Icon of={MicOff} />
            <span class="visually-hidden">{t("muted")}</span>
          </span>
        )}
        <span class="tile__name">
          {face ? person.name : picture.label || sourceName(source)}
          {place !== "small" && <span class="tile__place"> – {face ? (person.place ?? roleName(person.role)) : person.name}</span>}
        </span>
        {face && person.hand && (
          <span class="tile__mark tile__mark--attention">
            <Icon of={Hand} />
            <span class={low ? "visually-hidden" : ""}>{t("handRaised")}</span>
          </span>
        )}
        {speaking && (
          <span class="tile__mark tile__mark--accent">
            <Icon of={Signal} />
            <span class={low ? "visually-hidden" : ""}>{t("speaking")}</span>
          </span>
        )}
        {face && !why && (person.connection === "poor" || person.connection === "lost") && (
          <span class="tile__mark tile__mark--attention">
            <Icon of={TriangleAlert} />
            <span class={low ? "visually-hidden" : ""}>{lineName(person.connection)}</span>
          </span>
        )}
      </footer>
      {onPin && (
        <Button class="tile__pin" square icon={pinned ? Minimize2 : Maximize2} onClick={onPin} title={t(pinned ? "unpin" : "pin")}>
          {`${t(pinned ? "unpin" : "pin")}: ${face ? person.name : sourceName(source)}`}
        </Button>
      )}
    </article>
  );
}

/** One's own picture, mirrored as in a mirror; a word when the camera is off. */
export function SelfTile({ state, place }: { state: CallState; place: "main" | "small" | "grid" | "float" }) {
  const video = useRef<HTMLVideoElement>(null);
  const { camera, microphone } = state.local;
  useVideo(video, camera.on ? camera.track : null);
  return (
    <article class={`tile tile--face tile--self tile--${place}`} aria-label={t("yourPicture")} data-testid="self-tile">
      <video ref={video} class="tile__video tile__video--mirror" playsInline muted autoplay hidden={!camera.on} />
      {(!camera.on || camera.held) && <div class="tile__veil">{t(camera.on ? "cameraHeld" : "cameraIsOff")}</div>}
      <footer class="tile__foot">
        {!microphone.on && (
          <span class="tile__mark">
            <Icon of={MicOff} />
            <span class="visually-hidden">{t("muted")}</span>
          </span>
        )}
        <span class="tile__name">{t("you")}</span>
      </footer>
    </article>
  );
}
