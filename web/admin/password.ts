/** The rule for passwords, as the form tells it before the server does. */
const shortestPassword = 12;

export type PasswordFault = { code: "too-short"; missing: number } | { code: "same-as-old" } | null;

export function checkPassword(fresh: string, current: string): PasswordFault {
  const length = [...fresh].length;
  if (length < shortestPassword) return { code: "too-short", missing: shortestPassword - length };
  return fresh === current ? { code: "same-as-old" } : null;
}
