/** Hills at first light, a clinic's window in the far village and the line to the province: what the product is for. */
export function Landscape() {
  return (
    <svg class="landscape" viewBox="0 0 800 900" preserveAspectRatio="xMidYMax slice" aria-hidden="true" focusable="false">
      <defs>
        <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stop-color="#0b4f4a" />
          <stop offset="0.55" stop-color="#2c8a80" />
          <stop offset="0.8" stop-color="#e9c58b" />
        </linearGradient>
        <radialGradient id="sun" cx="0.5" cy="0.5" r="0.5">
          <stop offset="0" stop-color="#fff3d6" />
          <stop offset="0.35" stop-color="#ffe2a8" stop-opacity="0.8" />
          <stop offset="1" stop-color="#ffe2a8" stop-opacity="0" />
        </radialGradient>
      </defs>
      <rect width="800" height="900" fill="url(#sky)" />
      <circle cx="560" cy="560" r="210" fill="url(#sun)" />
      <circle cx="560" cy="560" r="56" fill="#fff3d6" />
      <path d="M0 600 L90 545 L170 580 L280 500 L380 570 L470 520 L580 590 L680 530 L800 600 V900 H0 Z" fill="#3d8f86" opacity="0.75" />
      <path d="M0 680 L120 600 L230 670 L340 610 L450 690 L570 630 L690 690 L800 640 V900 H0 Z" fill="#1f6f67" />
      <path d="M0 760 C120 700 220 700 340 745 S560 800 800 720 V900 H0 Z" fill="#125850" />
      <path d="M0 830 C160 780 300 790 440 825 S680 850 800 810 V900 H0 Z" fill="#0a403b" />
      <path d="M186 690 C280 520 470 500 612 640" fill="none" stroke="#fff3d6" stroke-width="3" stroke-dasharray="2 12" stroke-linecap="round" />
      <g fill="#0a403b">
        <path d="M160 742 v-28 l26 -20 l26 20 v28 z" />
        <path d="M590 700 h44 v-64 h-44 z" />
        <path d="M634 700 h30 v-40 h-30 z" />
      </g>
      <g fill="#ffe2a8">
        <rect x="178" y="718" width="16" height="14" rx="1" />
        <rect x="598" y="646" width="10" height="10" />
        <rect x="616" y="646" width="10" height="10" />
        <rect x="598" y="666" width="10" height="10" />
        <rect x="616" y="666" width="10" height="10" />
        <rect x="643" y="672" width="10" height="10" />
      </g>
    </svg>
  );
}

/** The mark: two people turned to each other over one point. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0f766e" />
      <path d="M7 21 a6 6 0 0 1 6 -9" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" />
      <path d="M25 11 a6 6 0 0 1 -6 9" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" />
      <circle cx="16" cy="16" r="3" fill="#ffd48a" />
    </svg>
  );
}
