import { h as preactH, render as preactRender } from "preact";
import { useEffect as preactEffect, useState as preactState } from "preact/hooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { h, pure, render } from "../src/dom/draw";
import { useEffect, useLayoutEffect, useRef, useState } from "../src/dom/hooks";
import { rising } from "../src/dom/rising";

const settle = () => vi.advanceTimersByTimeAsync(60);

let host: HTMLElement;
beforeEach(() => {
  vi.useFakeTimers();
  host = document.createElement("div");
  document.body.append(host);
});
afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

/** Numbers that look random, the same every time. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** What both are to draw: texts, elements, lists, components that draw several things or none. */
type Plan =
  | null
  | string
  | { kind: "element" | "group"; key?: string; tag: string; title?: string; plans: Plan[] };

function planOf(roll: ReturnType<typeof dice>, depth: number): Plan {
  const what = roll(8);
  if (what === 0) return null;
  if (what === 1 || depth === 0) return `text ${roll(5)}`;
  return {
    kind: what < 6 ? "element" : "group",
    tag: ["div", "span", "b"][roll(3)] as string,
    title: roll(2) ? `title ${roll(9)}` : undefined,
    plans: plansOf(roll, depth - 1),
  };
}

/** Either all of them have a key, as in a list, or none has. */
function plansOf(roll: ReturnType<typeof dice>, depth: number): Plan[] {
  if (roll(2)) return Array.from({ length: 3 }, () => planOf(roll, depth));
  const keys = Array.from({ length: 9 }, (_, i) => i)
    .map((key) => ({ key, at: roll(100) }))
    .sort((a, b) => a.at - b.at)
    .slice(0, roll(9))
    .map(({ key }) => `k${key}`);
  return keys.map((key) => ({
    kind: key < "k6" ? "element" : "group",
    key,
    tag: "i",
    plans: [roll(2) ? key : planOf(roll, depth)],
  }));
}

function drawPlan(make: (...parts: never[]) => unknown, Group: unknown, plan: Plan): unknown {
  if (plan === null || typeof plan === "string") return plan;
  const { kind, key, tag, title, plans } = plan;
  const inside = plans.map((one) => drawPlan(make, Group, one));
  const attributes = key === undefined ? { title } : { title, key };
  const type = kind === "element" ? tag : Group;
  return (make as typeof h)(type, attributes, ...inside);
}

/** Draws what it is given, and a word of its own that changes. */
const groupWith =
  (state: typeof useState, effect: typeof useEffect) =>
  ({ children }: { children?: never }) => {
    const [word, say] = state("");
    effect(() => say("said"), []);
    return [word && `${word} `, children] as never;
  };
const Ours = groupWith(useState, useEffect);
const Theirs = groupWith(preactState as never, preactEffect as never);

/** A title that went away is empty, if the element is not a new one. */
const said = (element: Element): string => element.innerHTML.replaceAll(' title=""', "");

describe("what is drawn", () => {
  it("is what Preact draws, whatever changes", async () => {
    const other = document.createElement("div");
    document.body.append(other);
    for (let seed = 1; seed <= 25; seed += 1) {
      const roll = dice(seed);
      let show: (plans: Plan[]) => void = () => {};
      const Root = () => {
        const [plans, setPlans] = useState<Plan[]>([]);
        show = setPlans;
        return plans.map((plan) => drawPlan(h as never, Ours, plan)) as never;
      };
      const end = render(h(Root, null) as never, host);
      for (let step = 0; step < 12; step += 1) {
        const plans = plansOf(roll, 3);
        show(plans);
        preactRender(plans.map((plan) => drawPlan(preactH as never, Theirs, plan)) as never, other);
        await settle();
        expect(said(host), `seed ${seed}, step ${step}`).toBe(said(other));
      }
      end();
      expect(host.childNodes).toHaveLength(0);
      preactRender(null, other);
    }
  });

  it("keeps elements by their key, and moves as few as it can", async () => {
    let show: (keys: string) => void = () => {};
    const List = () => {
      const [keys, setKeys] = useState("abcdefgh");
      show = setKeys;
      return (
        <ul>
          {[...keys].map((key) => (
            <li key={key}>{key}</li>
          ))}
        </ul>
      );
    };
    render(<List />, host);
    const before = [...host.querySelectorAll("li")];
    const put = vi.spyOn(Element.prototype, "insertBefore");
    for (const [keys, moves] of [
      ["cdefghab", 2],
      ["abcdefgh", 2],
      ["bcdefgha", 1],
    ] as const) {
      put.mockClear();
      show(keys);
      await settle();
      expect(host.textContent).toBe(keys);
      expect(put).toHaveBeenCalledTimes(moves);
    }
    expect(new Set(host.querySelectorAll("li"))).toEqual(new Set(before));
    put.mockRestore();
  });

  it("is not drawn again when a pure component gets the same", async () => {
    const Drawn = vi.fn(({ a }: { a: number }) => <b>{a}</b>);
    const Pure = pure(Drawn);
    let set: (a: number) => void = () => {};
    const Root = () => {
      const [a, setA] = useState(0);
      set = setA;
      return <Pure a={a >> 1} />;
    };
    render(<Root />, host);
    for (const a of [1, 2, 3]) {
      set(a);
      await settle();
    }
    expect(host.textContent).toBe("1");
    expect(Drawn).toHaveBeenCalledTimes(2);
  });
});

describe("attributes", () => {
  it("come and go, as properties or as attributes, and false is said of aria and data", async () => {
    let set: (on: boolean) => void = () => {};
    const Root = () => {
      const [on, setOn] = useState(true);
      set = setOn;
      return on ? (
        <button type="button" disabled aria-pressed={true} data-x={1} style={{ color: "red" }} />
      ) : (
        <button type="button" aria-pressed={false} style={{ "--own": "1px" }} />
      );
    };
    render(<Root />, host);
    const button = host.firstChild as HTMLButtonElement;
    expect(button.outerHTML).toContain('data-x="1"');
    expect([button.disabled, button.style.color]).toEqual([true, "red"]);
    set(false);
    await settle();
    expect(host.firstChild).toBe(button);
    expect(button.disabled).toBe(false);
    expect(button.getAttribute("aria-pressed")).toBe("false");
    expect(button.hasAttribute("data-x")).toBe(false);
    expect([button.style.color, button.style.getPropertyValue("--own")]).toEqual(["", "1px"]);
  });

  it("a choice has its value although its options come later; what was typed is overruled", async () => {
    let again: (n: number) => void = () => {};
    const Root = () => {
      const [, setN] = useState(0);
      again = setN;
      return (
        <>
          <select value="b">
            <option value="a">A</option>
            <option value="b">B</option>
          </select>
          <input value="x" />
        </>
      );
    };
    render(<Root />, host);
    expect(host.querySelector("select")?.value).toBe("b");
    const input = host.querySelector("input") as HTMLInputElement;
    input.value = "y";
    again(1);
    await settle();
    expect(input.value).toBe("x");
  });

  it("drawings are in their own name space, and what stands outside of them is not", () => {
    render(
      <svg viewBox="0 0 1 1" aria-hidden="true">
        <path d="M0 0" />
      </svg>,
      host,
    );
    expect(host.querySelector("path")?.namespaceURI).toBe("http://www.w3.org/2000/svg");
    expect(host.querySelector("svg")?.getAttribute("viewBox")).toBe("0 0 1 1");
  });
});

describe("effects", () => {
  it("come children first, before or after the paint, and end when a part goes", async () => {
    const said: string[] = [];
    const Part = ({ name, children }: { name: string; children?: never }) => {
      const ref = useRef<HTMLElement>(null);
      useLayoutEffect(() => {
        said.push(`${name} ${ref.current?.tagName} ${ref.current?.isConnected}`);
        return () => said.push(`${name} ends ${ref.current?.tagName}`);
      }, [name]);
      useEffect(() => {
        said.push(`${name} painted`);
        return () => said.push(`${name} over`);
      }, []);
      return <b ref={ref}>{children}</b>;
    };
    const end = render(<Part name="out">{(<Part name="in" />) as never}</Part>, host);
    expect(said).toEqual(["in B true", "out B true"]);
    await settle();
    expect(said.splice(0).slice(2)).toEqual(["in painted", "out painted"]);
    end();
    expect(said).toEqual(["out ends B", "out over", "in ends B", "in over"]);
  });

  it("one that sets a state draws once more, and one that fails stops no other", async () => {
    let fail: (now: boolean) => void = () => {};
    const Failing = () => {
      const [now, setNow] = useState(false);
      fail = setNow;
      if (now) throw new Error("broken");
      return null;
    };
    const Counter = () => {
      const [n, setN] = useState(0);
      useLayoutEffect(() => setN((before) => Math.min(3, before + 1)), [n]);
      return <i>{n}</i>;
    };
    render([<Failing key="a" />, <Counter key="b" />] as never, host);
    const broken = vi.fn();
    process.once("uncaughtException", broken);
    fail(true);
    await settle();
    expect(host.textContent).toBe("3");
    expect(broken).toHaveBeenCalledOnce();
  });
});

it("the longest rise is a longest one", () => {
  for (let seed = 1; seed < 200; seed += 1) {
    const roll = dice(seed);
    const places = Array.from({ length: roll(9) }, (_, i) => ({ i, at: roll(50) }))
      .sort((a, b) => a.at - b.at)
      .map(({ i }) => (roll(5) ? i : -1));
    const run = [...rising(places)].sort((a, b) => a - b).map((i) => places[i] as number);
    expect(run).toEqual([...run].sort((a, b) => a - b));
    let longest = 0;
    for (let chosen = 0; chosen < 2 ** places.length; chosen += 1) {
      const some = places.filter((place, i) => (chosen >> i) & 1 && place >= 0);
      if (some.every((place, i) => i === 0 || place > (some[i - 1] as number))) {
        longest = Math.max(longest, some.length);
      }
    }
    expect(run).toHaveLength(longest);
  }
});
