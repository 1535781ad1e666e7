/** Small signs of state: a word with a colour and a shape, never the colour alone. */
import { CircleCheck, CircleDot, CircleX, Clock, type IconNode } from "lucide";
import type { Consultation } from "../../shared/api";
import { Icon } from "../../shared/ui";
import { stateName } from "./words";

type Tone = "plain" | "ready" | "attention" | "danger" | "accent";

export function Badge({ tone = "plain", icon, children }: { tone?: Tone; icon?: IconNode; children: string }) {
  return (
    <span class={`badge ${tone === "plain" ? "" : `badge--${tone}`}`}>
      {icon && <Icon of={icon} />}
      {children}
    </span>
  );
}

const looks: Record<Consultation["state"], { tone: Tone; icon: IconNode }> = {
  booked: { tone: "accent", icon: Clock },
  open: { tone: "ready", icon: CircleDot },
  ended: { tone: "plain", icon: CircleCheck },
  cancelled: { tone: "plain", icon: CircleX },
};

export function StateBadge({ state }: { state: Consultation["state"] }) {
  return <Badge {...looks[state]}>{stateName(state)}</Badge>;
}
