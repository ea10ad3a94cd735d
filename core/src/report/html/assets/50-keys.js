// What keys do. Single letters work only in a list, and can be switched off.

/** @type {[string, string][]} */
const KEYS = [
  ["↑ ↓ Home End PgUp PgDn", "move in a list"], ["← →", "close and open, to the parent and the first child"], ["Enter", "show the detail"],
  ["Esc", "close the detail, then clear the filter"], ["* ", "open all siblings"], ["Ctrl+K", "filter"],
  ["Shift+F10", "to the copy buttons"], ["Ctrl+F", "filter, where a list is too long for the browser's own; again: the browser's own"],
  ["j k", "next and previous row"], ["n N", "next and previous finding"], ["e", "next error"], ["d", "next of the same statement"],
  ["c", "copy runnable SQL"], ["x", "group alike statements"], ["/", "filter"], ["?", "these keys"],
];

class Keys {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    const single = h("input", { type: "checkbox", checked: true, onchange: () => (page.singleKeys = single.checked) });
    this.dialog = h("dialog", { "aria-label": "Keys" }, h("h2", null, "Keys"),
      h("dl", null, ...KEYS.flatMap(([keys, what]) => [h("dt", null, h("kbd", null, keys)), h("dd", null, what)])),
      h("p", null, h("label", null, single, " Single letters, within a list")),
      h("h2", null, "Filter"), h("p", null, "Words, \"a phrase\", -not, /regular expression/, and: ",
        h("code", null, "table: verb: fp: conn: tx: service: host: project: name: caller: param: rows>100 dur>50ms is:slow is:n+1 is:dup is:error is:write")),
      h("form", { method: "dialog" }, h("button", null, "Close")));
    page.app.append(this.dialog);
    addEventListener("keydown", (event) => this.anywhere(event));
  }

  /** @param {KeyboardEvent} event */
  anywhere(event) {
    const { page } = this, command = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
    if (this.dialog.open) return;
    if (command && key === "k") {
      event.preventDefault();
      page.focusFilter();
    } else if (command && key === "f" && page.windowed && document.activeElement !== page.filterBox) {
      event.preventDefault();
      page.focusFilter();
      page.say("This list is too long for the browser's own search: filter here, or press again for it");
    } else if (event.key === "Escape") {
      page.close();
    } else if ((event.shiftKey && event.key === "F10") || event.key === "ContextMenu") {
      const button = /** @type {HTMLElement | null} */ (page.detail.element.querySelector(".buttons button"));
      if (!button || !(document.activeElement instanceof HTMLElement) || !document.activeElement.closest(".rows")) return;
      event.preventDefault();
      button.focus();
    }
  }

  /** What a key does in a list, at a point. @param {number} point @param {KeyboardEvent} event */
  inList(point, event) {
    const { page } = this, { t, model } = page;
    if (!page.singleKeys) return false;
    /** @param {number[]} points @param {number} [step] */
    const next = (points, step = 1) => {
      if (!points.length) return page.say("There is none");
      const at = points.indexOf(point), place = at >= 0 ? at + step : step > 0 ? points.findIndex((other) => other > point) : points.findLastIndex((other) => other < point);
      page.select(points[(place + points.length) % points.length], true);
    };
    const found = () => [...new Set(t.find.map((finding) => finding.points[0]).filter((point) => point !== undefined))].sort((a, b) => a - b);
    switch (event.key) {
      case "j": page.rows?.focus(page.rows.active + 1); break;
      case "k": page.rows?.focus(page.rows.active - 1); break;
      case "n": next(found()); break;
      case "N": next(found(), -1); break;
      case "e": {
        const failed = [];
        for (let i = 0; i < t.n; i++) if (t.flag[i] & FAILED) failed.push(i);
        next(failed);
        break;
      }
      case "d": if (point >= 0 && t.grp[point]) next(model.points[t.grp[point] - 1]); break;
      case "c": if (point >= 0 && t.st[point]) copy(page, model.handedOut(point, model.runnable(point).sql), "SQL"); break;
      case "/": page.focusFilter(); break;
      case "?": this.dialog.showModal(); break;
      default: return false;
    }
    return true;
  }
}
