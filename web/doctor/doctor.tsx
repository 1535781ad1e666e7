/** The doctor's application: from the ticket in the address to the end of the consultation. */
import { EmptyState } from "../shared/ui";
import { common } from "../shared/i18n";

export function Doctor() {
  return <EmptyState title={common("productLine")} />;
}
