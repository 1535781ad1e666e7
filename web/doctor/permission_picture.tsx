/**
 * Where the permission hides in each browser, drawn: the address bar with the place to press ringed, and what opens there.
 * The words beside it say the same, so to a screen reader it is nothing.
 */
import type { ComponentChildren } from "preact";
import type { Browser } from "../shared/media/problems";
import { t } from "./words";

export function PermissionPicture({ browser }: { browser: Browser }) {
  const Drawn = pictures[browser];
  return (
    <svg class="picture" viewBox="0 0 280 132" aria-hidden="true" focusable="false">
      <Drawn />
    </svg>
  );
}

const host = () => location.hostname.slice(0, 24);

function Window({ mark, children }: { mark: ComponentChildren; children: ComponentChildren }) {
  return (
    <>
      <rect class="picture__bar" x="1" y="1" width="278" height="34" rx="6" />
      <rect class="picture__field" x="44" y="6" width="226" height="24" rx="12" />
      <path class="picture__line" d="M14 18h12M14 18l5-5M14 18l5 5" />
      <text class="picture__text" x="78" y="22">
        {host()}
      </text>
      {mark}
      <circle class="picture__ring" cx="60" cy="18" r="12" />
      <path class="picture__ring" d="M60 31v9" />
      <rect class="picture__panel" x="46" y="42" width="222" height="88" rx="8" />
      {children}
    </>
  );
}

/** A row of what opens: a word and a switch that ends up on. */
function SwitchRow({ y, word }: { y: number; word: string }) {
  return (
    <>
      <text class="picture__text" x="60" y={y + 4}>
        {word}
      </text>
      <rect class="picture__on" x="220" y={y - 8} width="32" height="16" rx="8" />
      <circle class="picture__knob" cx="244" cy={y} r="6" />
    </>
  );
}

function AllowRow({ y, word }: { y: number; word: string }) {
  return (
    <>
      <text class="picture__text" x="60" y={y + 4}>
        {word}
      </text>
      <rect class="picture__on" x="172" y={y - 10} width="84" height="20" rx="5" />
      <text class="picture__white" x="214" y={y + 4}>
        {t("pictureAllow")}
      </text>
    </>
  );
}

function Chromium() {
  const sliders = <path class="picture__line" d="M54 15h12M54 21h12M57 12v6M63 18v6" />;
  return (
    <Window mark={sliders}>
      <SwitchRow y={66} word="Camera" />
      <SwitchRow y={104} word={t("pictureMicrophone")} />
    </Window>
  );
}

function Firefox() {
  const crossed = <path class="picture__line" d="M54 14h8v8h-8zM62 17l4-2v6l-4-2M53 25L67 11" />;
  return (
    <Window mark={crossed}>
      {[66, 104].map((y) => (
        <g key={y}>
          <text class="picture__text" x="60" y={y + 4}>
            {y === 66 ? "Camera" : t("pictureMicrophone")}
          </text>
          <text class="picture__blocked" x="158" y={y + 4}>
            {t("pictureBlocked")}
          </text>
          <path class="picture__line" d={`M240 ${y - 4}l8 8M248 ${y - 4}l-8 8`} />
          <circle class="picture__ring" cx="244" cy={y} r="10" />
        </g>
      ))}
    </Window>
  );
}

function Safari() {
  return (
    <Window mark={<text class="picture__letters" x="60" y="23">Aa</text>}>
      <AllowRow y={66} word="Camera" />
      <AllowRow y={104} word={t("pictureMicrophone")} />
    </Window>
  );
}

const pictures: Readonly<Record<Browser, () => ComponentChildren>> = { chromium: Chromium, firefox: Firefox, safari: Safari, ios: Safari, other: Chromium };
