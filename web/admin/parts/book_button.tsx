import { CalendarPlus } from "lucide";
import { Button } from "../../shared/ui";
import { setQuery } from "../router";
import { t } from "../words/panel";

/** The button that opens the booking form stands at the same place in every view that plans. */
export function BookButton() {
  return (
    <Button kind="primary" icon={CalendarPlus} onClick={() => setQuery({ book: "1" })} data-testid="book-open">
      {t("book")}
    </Button>
  );
}

