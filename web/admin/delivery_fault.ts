/** From the technical words that a delivery failed with to the cause that an administrator can act on. */
export type DeliveryFault = "refused" | "timeout" | "name" | "tls" | "auth" | "invalid" | "gone" | "server" | "picture" | "pacs" | "other";

const signs: readonly [RegExp, DeliveryFault][] = [
  [/JPEG|PNG|no picture/, "picture"],
  [/the PACS did not take/, "pacs"],
  [/\b(401|403)\b|unauthori[sz]ed|forbidden/i, "auth"],
  [/\b(400|409|412|422)\b|invalid|OperationOutcome|validation/i, "invalid"],
  [/\b(404|410)\b|gone\b/i, "gone"],
  [/\b5\d\d\b/, "server"],
  [/timed? ?out|timeout/i, "timeout"],
  [/resolve|name or service|no such host/i, "name"],
  [/ssl|tls|certificate/i, "tls"],
  [/refused|connect|unreachable|reset/i, "refused"],
];

export function deliveryFault(error: string): DeliveryFault {
  return signs.find(([sign]) => sign.test(error))?.[1] ?? "other";
}
