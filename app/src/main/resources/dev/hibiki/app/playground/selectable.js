// SPDX-License-Identifier: Apache-2.0
// Lists of which a row can be chosen: with a click, or with the arrow keys while the list has the focus. The list is one stop of the
// Tab key, however long it is.

let rows = 0;

/**
 * @param {HTMLElement} list
 * @param {(item: any) => void} choose
 * @returns {{row: (element: HTMLElement, item: any) => HTMLElement}} makes an element one of the rows
 */
export function selectable(list, choose) {
  const items = new WeakMap();
  let chosen = null;
  list.setAttribute("role", "listbox");

  function select(row) {
    chosen?.removeAttribute("aria-selected");
    chosen = row;
    row.setAttribute("aria-selected", "true");
    list.setAttribute("aria-activedescendant", row.id);
    choose(items.get(row));
  }

  list.addEventListener("click", ({ target }) => {
    const row = target.closest("[role=option]");
    if (row && String(getSelection()) === "") {
      select(row);
    }
  });
  list.addEventListener("keydown", (key) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[key.key];
    if (!step || key.target !== list) {
      return;
    }
    const all = [...list.querySelectorAll(":scope > [role=option]:not([hidden])")];
    const at = all.indexOf(chosen);
    const row = at < 0 ? all.at(-1) : all[at + step];
    if (row) {
      key.preventDefault();
      select(row);
      row.scrollIntoView({ block: "nearest" });
    }
  });

  return {
    row(element, item) {
      element.setAttribute("role", "option");
      element.id ||= `row-${++rows}`;
      items.set(element, item);
      return element;
    },
  };
}
