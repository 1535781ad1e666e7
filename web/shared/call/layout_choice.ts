/** Which arrangement of pictures this device was last used with. */
import { type LayoutName, layoutNames } from "./plan";

const kept = "hoichan.layout";

export function readLayout(): LayoutName {
  try {
    const name = localStorage.getItem(kept);
    return layoutNames.find((one) => one === name) ?? "grid";
  } catch {
    return "grid";
  }
}

export function keepLayout(name: LayoutName): void {
  try {
    localStorage.setItem(kept, name);
  } catch {
    // Storage refused: the next call begins with the grid.
  }
}
