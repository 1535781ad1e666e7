/** What every view needs: the calls, who is signed in, and a word that the session is over. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { AdminApi, Session } from "../shared/api";

export interface Panel {
  api: AdminApi;
  session: Session;
  /** False while the server does not answer. */
  reachable: boolean;
  signOut: () => void;
}

export const PanelContext = createContext<Panel | null>(null);

export function usePanel(): Panel {
  const panel = useContext(PanelContext);
  if (!panel) throw new Error("a view outside of the panel");
  return panel;
}
