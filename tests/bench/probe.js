// What the browser benchmark runs inside the page: times are taken here, never by polling.
window.probe = (() => {
  const grid = () => document.querySelector('[data-testid="image-grid"]');
  const frame = () => new Promise(requestAnimationFrame);
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  /** The cells that stand at least partly in the window of the grid. */
  function visibleCells() {
    const box = grid()?.getBoundingClientRect();
    if (!box || box.height === 0) return [];
    return [...grid().querySelectorAll('[data-testid="image-cell"]')].filter((cell) => {
      const { top, bottom } = cell.getBoundingClientRect();
      return bottom > box.top && top < box.bottom;
    });
  }

  function hasPicture(cell) {
    const image = cell.querySelector("img");
    return image.src.startsWith("data:image/jpeg") && image.complete && image.naturalWidth > 0;
  }

  /** Cells on screen without a picture, and places on screen without a cell. */
  function blanks() {
    const cells = visibleCells();
    const box = grid().getBoundingClientRect();
    const tops = cells.map((cell) => cell.getBoundingClientRect());
    const room = 60; // a header and a gap may stand there
    const low = Math.min(...tops.map(({ top }) => top)) > box.top + room;
    const high = Math.max(...tops.map(({ bottom }) => bottom)) < box.bottom - room;
    return cells.filter((cell) => !hasPicture(cell)).length + Number(low) + Number(high);
  }

  /** Resolves with the time once `done` holds and two more frames were drawn. */
  function painted(done) {
    return new Promise((resolve) => {
      const check = async () => {
        if (!done()) return;
        observer.disconnect();
        await frame();
        await frame();
        resolve(performance.now());
      };
      const observer = new MutationObserver(check);
      observer.observe(document.body, { subtree: true, childList: true, attributes: true });
      document.body.addEventListener("load", check, { capture: true }); // pictures
      check();
    });
  }

  /** Runs a cell; milliseconds until the first picture, and until all of the first screen. */
  async function firstScreen(index) {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
    const start = performance.now();
    const first = painted(() => visibleCells().some(hasPicture));
    const all = painted(() => visibleCells().length > 0 && visibleCells().every(hasPicture));
    window.jupyterapp.commands.execute("notebook:run-cell");
    return { first: (await first) - start, all: (await all) - start };
  }

  /** Clicks; milliseconds until so many lines of the tree are painted. */
  async function click(testid, lines) {
    const start = performance.now();
    const tree = () => document.querySelectorAll('[data-testid="tree-node"]').length;
    const there = painted(() => tree() === lines);
    document.querySelector(`[data-testid="${testid}"]`).click();
    return (await there) - start;
  }

  /** Milliseconds between frames while `step` is called in each of them. */
  async function frames(seconds, step) {
    const gaps = [];
    let before = await frame();
    const end = before + 1000 * seconds;
    while (before < end) {
      step();
      const now = await frame();
      gaps.push(now - before);
      before = now;
    }
    return gaps;
  }

  function stepOf(kind, pixels) {
    const box = grid();
    let random = 1; // a fixed sequence (Park and Miller, 1988)
    let down = 1;
    return () => {
      const room = box.scrollHeight - box.clientHeight;
      if (kind === "jump") {
        random = (random * 48271) % 2147483647;
        box.scrollTop = (random / 2147483647) * room;
        return;
      }
      if (box.scrollTop + down * pixels > room || box.scrollTop + down * pixels < 0) down = -down;
      box.scrollTop += down * pixels;
    };
  }

  /** Scrolls; gaps between frames, and what is still blank 300 ms after the end. */
  async function scroll(kind, pixels, seconds) {
    const gaps = await frames(seconds, stepOf(kind, pixels));
    await pause(300);
    return { gaps, blanks: blanks() };
  }

  return { firstScreen, click, frames, scroll, idle: (seconds) => frames(seconds, () => {}) };
})();
