// Measures EPANET (epanet-js: the engine in WebAssembly) for `evenflow bench
// --peer`. It reads one JSON request a line and answers with one JSON line;
// all times are in milliseconds.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Project, Workspace } from "epanet-js";

const ITERATIONS = 0, HEAD_ERROR_STAT = 2, FLOW_CHANGE_STAT = 3;
const TRIALS = 0, ACCURACY = 1, HEAD_ERROR = 5, FLOW_CHANGE = 6;
const NO_SAVE = 0, INIT_FLOW = 10;
const LENGTH = 1, MINOR_LOSS = 3, INIT_SETTING = 5;
const HEAD = 10, NODES = 0, LINKS = 2;
// litres per second of a unit of flow: CFS GPM MGD IMGD AFD LPS LPM MLD CMH CMD CMS
const LITRES = [28.317, 28.317 / 448.831, 28.317 / 0.64632, 28.317 / 0.5382, 28.317 / 1.9837, 1, 1 / 60, 1e6 / 86400, 1 / 3.6, 1 / 86.4, 1000];

const ws = new Workspace();
await ws.loadModule();
let model, metre, litre, accuracy;

// runs does something again and again and returns how long each took.
function runs(count, prepare, act) {
  const ms = [];
  for (let i = 0; i < count; i++) {
    prepare(i);
    const begin = performance.now();
    act(i);
    ms.push(performance.now() - begin);
  }
  return ms;
}

function solve(flag) {
  model.initH(flag);
  try {
    model.runH();
  } catch (e) {
    if (!/^Warning|warning|[^0-9][1-6]:/.test(String(e))) throw e;
  }
}

const state = () => ({
  trials: model.getStatistic(ITERATIONS),
  head_error_m: model.getStatistic(HEAD_ERROR_STAT) * metre,
  flow_change_lps: model.getStatistic(FLOW_CHANGE_STAT) * litre,
});

function tolerance(t) {
  model.setOption(ACCURACY, t ? t.accuracy : accuracy.accuracy);
  model.setOption(HEAD_ERROR, t ? t.head_m / metre : accuracy.head);
  model.setOption(FLOW_CHANGE, t ? t.flow_lps / litre : accuracy.flow);
}

const nothing = () => {};
const acts = {
  open({ file }) {
    ws.writeFile("net.inp", readFileSync(file));
    model = new Project(ws);
    const ms = runs(1, nothing, () => model.open("net.inp", "net.rpt", "net.bin"));
    const units = model.getFlowUnits();
    metre = units < 5 ? 0.3048 : 1;
    litre = LITRES[units];
    accuracy = { accuracy: model.getOption(ACCURACY), head: model.getOption(HEAD_ERROR), flow: model.getOption(FLOW_CHANGE) };
    return { ms, links: model.getCount(LINKS), trials_limit: model.getOption(TRIALS), version: ws.version };
  },
  setup: ({ runs: n }) => ({ ms: runs(n, (i) => i > 0 && model.closeH(), () => model.openH()) }),
  tolerance({ tight }) {
    tolerance(tight);
    return {};
  },
  cold({ runs: n }) {
    const ms = runs(n, nothing, () => solve(INIT_FLOW));
    return { ms, ...state() };
  },
  nothing({ runs: n }) {
    solve(INIT_FLOW);
    const ms = runs(n, nothing, () => solve(NO_SAVE));
    return { ms, ...state() };
  },
  // Each move makes one link's loss half as large again, from the same base.
  moved({ runs: n, links, valves }) {
    let undo = nothing;
    let trials = 0;
    const ms = runs(
      n,
      (i) => {
        undo();
        solve(NO_SAVE);
        const at = model.getLinkIndex(links[i % links.length]);
        const what = valves ? [INIT_SETTING] : [LENGTH, MINOR_LOSS];
        const old = what.map((p) => model.getLinkValue(at, p));
        undo = () => what.forEach((p, k) => model.setLinkValue(at, p, old[k]));
        what.forEach((p, k) => model.setLinkValue(at, p, 1.5 * old[k]));
      },
      () => {
        solve(NO_SAVE);
        trials = Math.max(trials, model.getStatistic(ITERATIONS));
      },
    );
    undo();
    return { ms, ...state(), trials };
  },
  ids() {
    const ids = [];
    for (let i = 1; i <= model.getCount(NODES); i++) ids.push(model.getNodeId(i));
    return { ids };
  },
  heads() {
    const heads = [];
    for (let i = 1; i <= model.getCount(NODES); i++) heads.push(model.getNodeValue(i, HEAD) * metre);
    return { heads };
  },
  close() {
    model.closeH();
    model.close();
    return {};
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const request = JSON.parse(line);
    answer = acts[request.do](request);
  } catch (e) {
    answer = { error: String(e) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
