/**
 * The Vietnamese lunar date of a day, after Hồ Ngọc Đức's published method with the new moons and solar terms of
 * Meeus' Astronomical Algorithms, reckoned at UTC+7. The calendar that browsers bring (ICU's Chinese one) is reckoned
 * at UTC+8 and is a day off around some new moons, Tết 2030 among them; that is why this is here.
 */

export interface LunarDate {
  day: number;
  month: number;
  year: number;
  leap: boolean;
}

const ZONE_DAYS = 7 / 24;
const RAD = Math.PI / 180;
const SYNODIC = 29.530588853;

function julianDay(year: number, month: number, day: number): number {
  return Math.floor(Date.UTC(year, month - 1, day) / 86_400_000 + 2_440_588);
}

/** The instant of the k-th new moon after 1 January 1900, as a Julian date in universal time. */
function newMoon(k: number): number {
  const t = k / 1236.85;
  const t2 = t * t;
  const t3 = t2 * t;
  const mean = 2415020.75933 + 29.53058868 * k + 0.0001178 * t2 - 0.000000155 * t3
    + 0.00033 * Math.sin((166.56 + 132.87 * t - 0.009173 * t2) * RAD);
  const sun = (359.2242 + 29.10535608 * k - 0.0000333 * t2 - 0.00000347 * t3) * RAD;
  const moon = (306.0253 + 385.81691806 * k + 0.0107306 * t2 + 0.00001236 * t3) * RAD;
  const node = (21.2964 + 390.67050646 * k - 0.0016528 * t2 - 0.00000239 * t3) * RAD;
  const correction = (0.1734 - 0.000393 * t) * Math.sin(sun) + 0.0021 * Math.sin(2 * sun)
    - 0.4068 * Math.sin(moon) + 0.0161 * Math.sin(2 * moon) - 0.0004 * Math.sin(3 * moon)
    + 0.0104 * Math.sin(2 * node) - 0.0051 * Math.sin(sun + moon) - 0.0074 * Math.sin(sun - moon)
    + 0.0004 * Math.sin(2 * node + sun) - 0.0004 * Math.sin(2 * node - sun) - 0.0006 * Math.sin(2 * node + moon)
    + 0.001 * Math.sin(2 * node - moon) + 0.0005 * Math.sin(sun + 2 * moon);
  const deltaT = t < -11
    ? 0.001 + 0.000839 * t + 0.0002261 * t2 - 0.00000845 * t3 - 0.000000081 * t * t3
    : -0.000278 + 0.000265 * t + 0.000262 * t2;
  return mean + correction - deltaT;
}

const newMoonDay = (k: number) => Math.floor(newMoon(k) + 0.5 + ZONE_DAYS);

/** Which of the twelve solar sectors (0 from the March equinox) the sun is in at the local midnight that begins a day. */
function solarSector(day: number): number {
  const t = (day - 2451545.5 - ZONE_DAYS) / 36525;
  const t2 = t * t;
  const m = (357.5291 + 35999.0503 * t - 0.0001559 * t2 - 0.00000048 * t * t2) * RAD;
  const longitude = 280.46645 + 36000.76983 * t + 0.0003032 * t2
    + (1.9146 - 0.004817 * t - 0.000014 * t2) * Math.sin(m)
    + (0.019993 - 0.000101 * t) * Math.sin(2 * m) + 0.00029 * Math.sin(3 * m);
  return Math.floor((((longitude % 360) + 360) % 360) / 30);
}

/** First day of the eleventh month: the one that holds the December solstice. */
function eleventhMonth(year: number): number {
  const k = Math.floor((julianDay(year, 12, 31) - 2415021) / SYNODIC);
  const start = newMoonDay(k);
  return solarSector(start) >= 9 ? newMoonDay(k - 1) : start;
}

/** How many months after the eleventh the leap one comes: the first without a change of solar sector. */
function leapOffset(eleventh: number): number {
  const k = Math.floor((eleventh - 2415021.076998695) / SYNODIC + 0.5);
  let i = 1;
  let sector = solarSector(newMoonDay(k + i));
  let last: number;
  do {
    last = sector;
    i++;
    sector = solarSector(newMoonDay(k + i));
  } while (sector !== last && i < 14);
  return i - 1;
}

/** The lunar date of a day of the common calendar. */
export function lunarDate(year: number, month: number, day: number): LunarDate {
  const today = julianDay(year, month, day);
  const k = Math.floor((today - 2415021.076998695) / SYNODIC);
  let start = newMoonDay(k + 1);
  if (start > today) start = newMoonDay(k);
  let eleventh = eleventhMonth(year);
  let following = eleventh;
  let lunarYear: number;
  if (eleventh >= start) {
    lunarYear = year;
    eleventh = eleventhMonth(year - 1);
  } else {
    lunarYear = year + 1;
    following = eleventhMonth(year + 1);
  }
  const months = Math.floor((start - eleventh) / 29);
  let lunarMonth = months + 11;
  let leap = false;
  if (following - eleventh > 365) {
    const offset = leapOffset(eleventh);
    if (months >= offset) lunarMonth = months + 10;
    leap = months === offset;
  }
  if (lunarMonth > 12) lunarMonth -= 12;
  if (lunarMonth >= 11 && months < 4) lunarYear -= 1;
  return { day: today - start + 1, month: lunarMonth, year: lunarYear, leap };
}
