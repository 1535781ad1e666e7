/** Parts of a page that are fetched when they are first shown, so that the page itself is there sooner. */
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { common } from "../i18n";
import { ErrorState, LoadingState } from "./states";

/** The component that `load` gives, with words, or `meanwhile`, while it is on its way. What a failed fetch lacks is asked for again. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>, meanwhile: ComponentChildren = <LoadingState />): ComponentType<Props> {
  let here: ComponentType<Props> | null = null;
  return function Later(props: Props) {
    const [state, setState] = useState<"coming" | "here" | "failed">(here ? "here" : "coming");
    useEffect(() => {
      if (state !== "coming") return;
      load().then(
        (component) => {
          here = component;
          setState("here");
        },
        () => setState("failed"),
      );
    }, [state]);
    if (here) {
      const Part = here;
      return <Part {...props} />;
    }
    if (state === "coming") return <>{meanwhile}</>;
    return (
      <ErrorState title={common("errorNetwork")} onRetry={() => setState("coming")}>
        {common("errorNetworkAction")}
      </ErrorState>
    );
  };
}
