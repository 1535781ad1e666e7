/**
 * A plain table: sortable where a column says how, the sort kept in the address, rows reachable by Tab and by the up and
 * down keys. The first cell of a row holds its link, when it has one; a click anywhere in the row follows it. On a phone
 * each row is a block of its own and each cell says its title (styles/table.css), so that nothing has to be pushed sideways.
 */
import type { ComponentChildren } from "preact";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide";
import { Icon } from "../../shared/ui";
import { go, setQuery, useAddress } from "../router";
import { t } from "../words/panel";

export interface Column<T> {
  key: string;
  title: string;
  cell: (row: T) => ComponentChildren;
  compare?: (a: T, b: T) => number;
  numeric?: boolean;
  /** Takes what room is left. */
  wide?: boolean;
  /** Buttons, which say themselves what they are. */
  acts?: boolean;
}

interface TableProps<T> {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  rowHref?: (row: T) => string;
  more?: (() => void) | undefined;
  "data-testid"?: string;
}

/** The word that matters, and under it the one that tells it apart. */
export function TwoLines({ first, second }: { first: ComponentChildren; second: ComponentChildren }) {
  return (
    <span class="two-lines">
      <span>{first}</span>
      {second && <span class="two-lines__second">{second}</span>}
    </span>
  );
}

type Direction = "ascending" | "descending";

export function parseSort(text: string | null): { key: string; direction: Direction } | null {
  if (!text) return null;
  return text.startsWith("-") ? { key: text.slice(1), direction: "descending" } : { key: text, direction: "ascending" };
}

/** Ascending, then descending, then as it came. */
export function nextSort(current: string | null, key: string): string {
  if (current === key) return `-${key}`;
  return current === `-${key}` ? "" : key;
}

export function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], sort: string | null): readonly T[] {
  const by = parseSort(sort);
  const compare = by && columns.find((column) => column.key === by.key)?.compare;
  if (!compare) return rows;
  const sign = by.direction === "ascending" ? 1 : -1;
  return [...rows].sort((a, b) => sign * compare(a, b));
}

function Heading<T>({ column, sort }: { column: Column<T>; sort: string | null }) {
  const by = parseSort(sort);
  const direction = by?.key === column.key ? by.direction : undefined;
  const classes = [column.numeric && "table__number", column.wide && "table__wide", column.acts && "table__acts"].filter(Boolean).join(" ");
  if (!column.compare) {
    return (
      <th scope="col" class={classes}>
        {column.title}
      </th>
    );
  }
  return (
    <th scope="col" class={classes} aria-sort={direction ?? "none"}>
      <button type="button" class="table__sort" title={t("sortBy", { column: column.title })} onClick={() => setQuery({ sort: nextSort(sort, column.key) })}>
        {column.title}
        <Icon of={direction === "ascending" ? ArrowUp : direction === "descending" ? ArrowDown : ChevronsUpDown} />
      </button>
    </th>
  );
}

const cellClass = <T,>({ numeric, acts }: Column<T>) => (numeric ? "table__number" : acts ? "table__acts" : "");

function stepRow(event: KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = (event.target as Element).closest("tbody tr");
  if (!row) return;
  const sibling = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
  const focusable = sibling?.querySelector<HTMLElement>("a, button");
  if (!focusable) return;
  event.preventDefault();
  focusable.focus();
}

function followRow(event: MouseEvent, address: string): void {
  const target = event.target as Element;
  if (target.closest("a, button, input, select, label") || getSelection()?.toString()) return;
  go(address);
}

export function Table<T>({ caption, columns, rows, rowKey, rowHref, more, ...rest }: TableProps<T>) {
  const sort = useAddress().query.get("sort");
  return (
    <div class="table-frame" {...rest}>
      <table class="table table--stacks" onKeyDown={stepRow}>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.key} column={column} sort={sort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted(rows, columns, sort).map((row) => {
            const address = rowHref?.(row);
            return (
              <tr key={rowKey(row)} data-row={rowKey(row)} class={address ? "table__link" : ""} onClick={address ? (event) => followRow(event, address) : undefined}>
                {columns.map((column, index) => (
                  <td key={column.key} class={cellClass(column)} data-title={column.acts ? undefined : column.title}>
                    {index === 0 && address ? <a href={address}>{column.cell(row)}</a> : column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {more && (
        <button type="button" class="table__more" onClick={more}>
          {t("loadMore")}
        </button>
      )}
    </div>
  );
}
