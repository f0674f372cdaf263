/**
 * What each view of a project shows, and whether that is what the kernel says.
 *
 * Clicks and keys are given to the elements themselves: hundreds of Playwright's take minutes.
 */
() => {
  const LIMIT_MS = 20_000;
  const all = (view, id) => [...view.querySelectorAll(`[data-testid="${id}"]`)];
  const one = (view, id) => view.querySelector(`[data-testid="${id}"]`);
  const views = () => [...document.querySelectorAll(".panoptic-nb")];
  const pick = (list, number) => list[number % Math.max(list.length, 1)];

  async function execute(code) {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    const future = kernel.requestExecute({ code, store_history: false });
    let text = "";
    let error = null;
    future.onIOPub = ({ header, content }) => {
      if (header.msg_type === "stream" && content.name === "stdout") text += content.text;
      if (header.msg_type === "error") error = content.traceback.join("\n");
    };
    await future.done;
    if (error) throw new Error(error);
    return text;
  }

  const kernelState = async () => JSON.parse(await execute("print(agreed())"));

  /** The ids of the lines that a tree shows when these are open. */
  function linesOf(kernel, open) {
    const shown = [];
    const visit = (id) => {
      shown.push(id);
      if (open.has(id)) kernel.nodes[id].children.forEach(visit);
    };
    visit(0);
    return shown;
  }

  function circle(node, selected) {
    const count = node.rows.filter((row) => selected.has(row)).length;
    return count === 0 ? "none" : count === node.rows.length ? "all" : "some";
  }

  function badge({ kind, score }) {
    if (kind === "unassigned") return "–";
    return kind === "group" && score !== null ? String(Math.round(score)) : undefined;
  }

  function treeErrors(view, kernel, selected) {
    const errors = [];
    const shown = all(view, "tree-node");
    const ids = shown.map((line) => Number(line.dataset.node));
    const isOpen = (line) => line.getAttribute("aria-expanded") === "true";
    const open = new Set(shown.filter(isOpen).map((line) => Number(line.dataset.node)));
    if (ids.some((id) => !kernel.nodes[id])) return [`lines ${ids}`];
    if (String(linesOf(kernel, open)) !== String(ids)) errors.push(`lines ${ids}`);
    for (const line of shown) {
      const node = kernel.nodes[line.dataset.node];
      const says = [
        line.dataset.path,
        one(line, "score")?.textContent.trim(),
        one(line, "select-cluster").dataset.state,
        Number(/\d+/.exec(line.querySelector(".counts").textContent)),
        line.classList.contains("active"),
        one(line, "lock") !== null,
      ];
      const should = [
        node.path,
        badge(node),
        circle(node, selected),
        node.rows.length,
        node.id === kernel.active,
        node.locked,
      ];
      if (String(says) !== String(should)) errors.push(`line ${says}, should be ${should}`);
    }
    const count = one(view, "count-line").textContent;
    if (!kernel.counts.every((number) => count.includes(String(number)))) errors.push(count);
    const number = Number(/\d+/.exec(one(view, "selection-count").textContent) ?? 0);
    if (selected.size > 0 && number !== selected.size) errors.push(`${number} selected`);
    for (const name of ["undo", "redo"]) {
      if (one(view, name).disabled !== (kernel[name] === null)) errors.push(name);
    }
    return errors;
  }

  function gridErrors(view, kernel, selected) {
    const cells = all(view, "image-cell");
    const wrong = cells.filter(({ dataset, ariaSelected }) => {
      const row = kernel.order[dataset.at];
      return row !== Number(dataset.index) || (ariaSelected === "true") !== selected.has(row);
    });
    if (cells.length === 0) return ["no cell"];
    return wrong.map((cell) => `cell ${cell.dataset.at} shows ${cell.dataset.index}`);
  }

  function errorsOf(kernel) {
    const selected = new Set(kernel.selected);
    const errors = views().map((view) => [
      ...(one(view, "cluster-tree") ? treeErrors(view, kernel, selected) : []),
      ...(one(view, "image-grid") ? gridErrors(view, kernel, selected) : []),
    ]);
    const counts = views().flatMap((view) => all(view, "count-line").map((c) => c.textContent));
    if (new Set(counts).size > 1) errors.push(counts);
    return errors.flatMap((list, i) => list.map((error) => `view ${i}: ${error}`));
  }

  /** Waits until all views show what the kernel says, and an edit that was asked for is made. */
  async function settle(edits) {
    const end = performance.now() + LIMIT_MS;
    for (;;) {
      const kernel = await kernelState();
      const errors = errorsOf(kernel);
      if (kernel.busy) errors.push("busy");
      if (edits !== null && kernel.edits <= edits) errors.push("not edited yet");
      if (errors.length === 0) return kernel;
      if (performance.now() > end) throw new Error(errors.slice(0, 8).join("\n"));
      await new Promise(requestAnimationFrame);
    }
  }

  const key = (element, name, more = {}) =>
    element.dispatchEvent(
      new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }),
    );
  const click = (element, more = {}) =>
    element.dispatchEvent(
      new MouseEvent("click", { bubbles: true, cancelable: true, detail: 1, ...more }),
    );

  async function rename(line, label) {
    line.querySelector(".name").dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    let input = null;
    while (!(input = line.querySelector("input[name=label]"))) {
      await new Promise(requestAnimationFrame);
    }
    input.value = label;
    key(input, "Enter");
  }

  /** What is done in a view; true where an edit must follow, null where there is nothing to do. */
  const actions = {
    activate: (view, a) => click(pick(all(view, "tree-node"), a)) && false,
    keys(view, a, b) {
      const tree = one(view, "cluster-tree");
      key(tree, pick(["Home", "End", "ArrowUp"], a));
      for (let i = 0; i < b % 4; i += 1) key(tree, "ArrowDown");
      key(tree, pick(["Enter", " "], b));
      return false;
    },
    circle: (view, a) => click(pick(all(view, "select-cluster"), a)) && false,
    cell(view, a, b) {
      const how = pick([{}, { ctrlKey: true }, { shiftKey: true }], b);
      click(pick(all(view, "image-cell"), a), how);
      return false;
    },
    gridKeys(view, a) {
      const grid = one(view, "image-grid");
      const [control, shift] = [{ ctrlKey: true }, { shiftKey: true }];
      const keys = [["a", control], ["i", control], ["Home"], ["End", shift], ["Escape"]];
      key(grid, ...pick(keys, a));
      return false;
    },
    create(view, a) {
      const button = pick(view.querySelectorAll(".tree-line [data-testid=create-clusters]"), a);
      return button ? click(button) : null;
    },
    close(view, a) {
      const button = pick(all(view, "close-clusters"), a);
      return button ? click(button) : null;
    },
    async rename(view, a, b) {
      const lines = all(view, "tree-node").filter((line) => line.classList.contains("kind-group"));
      if (lines.length === 0) return null;
      await rename(pick(lines, a), `name ${b}`);
      return true;
    },
    step(view, a) {
      const name = pick(["undo", "undo", "redo"], a);
      return one(view, name).disabled ? null : click(one(view, name));
    },
    ctrlZ(view, a) {
      const name = pick(["undo", "redo"], a);
      if (one(view, name).disabled) return null;
      key(one(view, "cluster-tree"), "z", { ctrlKey: true, shiftKey: name === "redo" });
      return true;
    },
  };

  const HAS = { cell: "image-grid", gridKeys: "image-grid" };

  window.agreement = {
    settle,
    /** Does something in one of the views, and waits until all agree; returns what it was. */
    async act({ what, where, a, b }) {
      const able = views().filter((view) => one(view, HAS[what] ?? "cluster-tree"));
      const { edits } = await kernelState();
      const edited = await actions[what](pick(able, where), a, b);
      await settle(edited ? edits : null);
      return edited;
    },
    /** Runs code in the kernel, and waits until all agree. */
    async run(code) {
      await execute(code);
      await settle(null);
    },
  };
};
