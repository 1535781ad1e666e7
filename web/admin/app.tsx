/** The panel: who is signed in decides whether there is a sign-in, a new password to set, or the views. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { adminApi, ApiError, wordsOf, type Session } from "../shared/api";
import { isUnattended } from "../shared/attended";
import { setLanguage, useLanguage } from "../shared/i18n";
import { forgetDrafts } from "../shared/minutes/drafts";
import { Announcer, ErrorState, LoadingState } from "../shared/ui";
import { PanelContext } from "./panel";
import { Shell } from "./shell";
import { NewPassword, SignIn } from "./views/sign_in";

type Gate =
  | { at: "asking" }
  | { at: "failed"; error: unknown }
  | { at: "sign-in"; over: boolean }
  | { at: "password"; session: Session; known: string | null }
  | { at: "in"; session: Session };

const gateOf = (session: Session, known: string | null): Gate =>
  session.must_change_password ? { at: "password", session, known } : { at: "in", session };

export function App() {
  useLanguage();
  const [gate, setGate] = useState<Gate>({ at: "asking" });
  const [reachable, setReachable] = useState(true);
  const signedIn = useRef(false);
  signedIn.current = gate.at === "in";

  const api = useMemo(
    () =>
      adminApi({
        onUnauthorized: () => {
          if (signedIn.current) setGate({ at: "sign-in", over: true });
        },
        onReach: setReachable,
        unattended: isUnattended,
      }),
    [],
  );

  const ask = useCallback(async () => {
    setGate({ at: "asking" });
    try {
      enter(await api.session.current(), null);
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 401) setGate({ at: "sign-in", over: false });
      else setGate({ at: "failed", error });
    }
  }, [api]);

  const enter = (session: Session, known: string | null) => {
    if (session.user.language) setLanguage(session.user.language);
    setGate(gateOf(session, known));
  };

  const signOut = useCallback(() => {
    signedIn.current = false;
    void forgetDrafts("all"); // who comes next to this browser reads nothing of it
    api.session
      .signOut()
      .catch(() => undefined)
      .finally(() => setGate({ at: "sign-in", over: false }));
  }, [api]);

  useEffect(() => {
    void ask();
    void forgetDrafts("old");
  }, [ask]);

  return (
    <>
      <Announcer />
      {gate.at === "asking" && <LoadingState />}
      {gate.at === "failed" && (
        <main>
          <ErrorState title={wordsOf(gate.error).title} onRetry={() => void ask()}>
            {wordsOf(gate.error).action}
          </ErrorState>
        </main>
      )}
      {gate.at === "sign-in" && <SignIn api={api} over={gate.over} onSession={enter} />}
      {gate.at === "password" && <NewPassword api={api} known={gate.known} onDone={() => void ask()} onSignOut={signOut} />}
      {gate.at === "in" && (
        <PanelContext.Provider value={{ api, session: gate.session, reachable, signOut }}>
          <Shell />
        </PanelContext.Provider>
      )}
    </>
  );
}
