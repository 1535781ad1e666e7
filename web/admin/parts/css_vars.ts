/** Sizes that only data knows, handed to the style sheet as custom properties: the CSP allows no style attributes in HTML. */
export function cssVars(vars: Readonly<Record<`--${string}`, string | number>>) {
  return (element: HTMLElement | null) => {
    if (!element) return;
    for (const [name, value] of Object.entries(vars)) element.style.setProperty(name, String(value));
  };
}
