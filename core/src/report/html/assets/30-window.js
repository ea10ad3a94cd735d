// Making elements, and lists of rows of which only those in sight are in the document. All text goes in as text.

/**
 * An element. Children that are strings become text with marks in the place of what cannot be seen.
 * @param {string} tag @param {Record<string, any> | null} [attributes] @param {...(Node | string | null | false | undefined)} children
 * @returns {any}
 */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === undefined || value === null) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child instanceof Node) element.append(child);
    else if (child) element.append(visible(child));
  }
  return element;
}

/** Whether the person is selecting text, which a click must not end. */
function selecting() {
  const selection = getSelection();
  return selection?.type === "Range" && String(selection).trim() !== "";
}

const ROW = 24;
/** Up to so many rows are all in the document, so that finding, printing and assistive technology just work. */
const ALL_ROWS = 2000;
/** Up to so many go onto paper. */
const PRINTED = 5000;
/** Browsers do not lay out elements of any height: Firefox gives up above 17 million pixels. */
const MOST_PIXELS = 15_000_000;

/** Rows of equal height, one of which has the focus. */
class Rows {
  /**
   * @param {string} role @param {string} label
   * @param {{row: (index: number) => HTMLElement, open: (index: number, event: Event) => void,
   *   key?: (index: number, event: KeyboardEvent) => boolean}} on
   */
  constructor(role, label, on) {
    this.on = on;
    this.count = 0;
    this.active = 0;
    /** @type {Map<number, HTMLElement>} */
    this.shown = new Map();
    this.body = h("div", { class: "rows", role: "rowgroup" });
    this.element = h("div", { class: "list", role, "aria-label": label });
    this.element.append(this.body);
    this.ticking = false;
    this.element.addEventListener("scroll", () => {
      if (this.ticking) return;
      this.ticking = true;
      requestAnimationFrame(() => {
        this.ticking = false;
        this.draw();
      });
    }, { passive: true });
    this.body.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const index = this.indexOf(event.target);
      if (index < 0 || selecting()) return;
      this.focus(index);
      this.on.open(index, event);
    });
    this.body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.pressed(event));
    this.body.addEventListener("focusin", (/** @type {FocusEvent} */ event) => {
      const index = this.indexOf(event.target);
      if (index >= 0) this.activate(index);
    });
  }

  get windowed() {
    return this.count > ALL_ROWS && !this.printing;
  }

  /** @param {EventTarget | null} target */
  indexOf(target) {
    const row = target instanceof Element ? target.closest("[data-index]") : null;
    return row ? Number(row.getAttribute("data-index")) : -1;
  }

  /** Shows other rows. @param {number} count @param {number} [active] */
  set(count, active = Math.min(this.active, Math.max(0, count - 1))) {
    const focused = this.body.contains(document.activeElement);
    this.count = count;
    this.active = active;
    this.shown.clear();
    this.body.replaceChildren();
    this.element.setAttribute("aria-rowcount", String(count + 1));
    this.draw();
    if (focused) this.focus(this.active);
  }

  /** How many pixels all rows have. */
  get height() {
    return Math.min(this.count * ROW, MOST_PIXELS);
  }

  /** How much of the list is scrolled away, in rows. */
  get first() {
    // The headings stay over the list, so that what is scrolled away begins behind them.
    const top = this.element.scrollTop, { height } = this;
    if (height === this.count * ROW) return top / ROW;
    const room = this.element.clientHeight - this.body.offsetTop;
    return (top / Math.max(1, height - room)) * (this.count - room / ROW);
  }

  draw() {
    this.body.classList.toggle("windowed", this.windowed);
    if (!this.windowed) {
      this.body.style.height = "";
      const most = this.printing ? Math.min(this.count, PRINTED) : this.count;
      if (this.shown.size === most) return;
      const rows = [];
      for (let i = 0; i < most; i++) rows.push(this.make(i));
      if (most < this.count) rows.push(h("p", { class: "loss" }, `Rows 1–${grouped(most)} of ${grouped(this.count)}; the filter makes them fewer.`));
      this.body.replaceChildren(...rows);
      return;
    }
    this.body.style.height = `${this.height}px`;
    const first = this.first, room = Math.ceil(this.element.clientHeight / ROW) || 40;
    const from = Math.max(0, Math.floor(first) - 8), to = Math.min(this.count, Math.ceil(first) + room + 8);
    for (const [index, row] of this.shown) {
      // The row with the focus stays, or the focus would fall to the page.
      if ((index < from || index >= to) && row !== document.activeElement) {
        row.remove();
        this.shown.delete(index);
      }
    }
    const scaled = this.height !== this.count * ROW;
    for (let i = from; i < to; i++) if (!this.shown.has(i)) this.body.append(this.make(i));
    for (const [index, row] of this.shown) {
      const top = scaled ? this.element.scrollTop + (index - first) * ROW : index * ROW;
      row.style.transform = `translateY(${top}px)`;
    }
  }

  /** @param {number} index */
  make(index) {
    const row = this.on.row(index);
    row.setAttribute("role", "row");
    row.setAttribute("data-index", String(index));
    row.setAttribute("aria-rowindex", String(index + 2));
    row.tabIndex = index === this.active ? 0 : -1;
    this.shown.set(index, row);
    return row;
  }

  /** @param {number} index */
  activate(index) {
    const before = this.shown.get(this.active);
    if (before) before.tabIndex = -1;
    this.active = index;
    const row = this.shown.get(index);
    if (row) row.tabIndex = 0;
  }

  /** Brings a row into sight. @param {number} index */
  reveal(index) {
    const { element } = this, room = element.clientHeight - this.body.offsetTop, first = this.first;
    if (index >= first && index + 1 <= first + room / ROW) return;
    const target = Math.max(0, index - Math.floor(room / ROW / 2));
    if (this.height === this.count * ROW) element.scrollTop = target * ROW;
    else element.scrollTop = (target / Math.max(1, this.count - room / ROW)) * (this.height - room);
    this.draw();
  }

  /** @param {number} index */
  focus(index) {
    if (!this.count) return;
    this.activate(Math.max(0, Math.min(this.count - 1, index)));
    this.reveal(this.active);
    if (!this.shown.has(this.active) && this.windowed) {
      const row = this.make(this.active);
      row.style.transform = `translateY(${this.active * ROW}px)`;
      this.body.append(row);
    }
    const focused = this.shown.get(this.active);
    focused?.focus({ preventScroll: true });
    focused?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.shown.get(this.active)) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 2);
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.count, End: this.count };
    if (event.key in steps) this.focus(this.active + steps[event.key]);
    else if (event.key === "Enter") this.on.open(this.active, event);
    else if (!this.on.key?.(this.active, event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Puts all rows into the document, as far as paper goes, or takes them out again. @param {boolean} on */
  print(on) {
    this.printing = on;
    this.set(this.count);
    this.cut?.remove();
    this.cut = on && this.count > PRINTED ? h("p", null, `Rows 1–${grouped(PRINTED)} of ${grouped(this.count)}; the filter chooses others.`) : undefined;
    if (this.cut) this.element.before(this.cut);
  }
}
