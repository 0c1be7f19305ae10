// Recommendation, orders, manual set and journal.
// Their meaning stands in scada/api/view_order.go.
import type { Finding, Text } from './view';
import type { Check } from './view-network';

export type Stage = '' | 'proposed' | 'approved' | 'selected' | 'writing' | 'written' | 'uncertain' | 'confirmed' | 'in_force' | 'rejected' | 'expired' | 'superseded' | 'not_done' | 'no_effect';

export interface Advice {
  state: 'none' | 'computing' | 'ready' | 'failed';
  why?: Finding;
  recommendation?: Recommendation;
}

export interface Recommendation {
  id: string;
  stage: Stage;
  at_plant_ms: number;
  proposed_ms: number;
  valid_until_ms: number;
  reasons: Finding[];
  moves: Move[];
  effect: Effect;
  stations: Predicted[];
  unreachable: Unreachable[];
  held: HeldStation[];
  suspects: Suspect[];
  checks: Check[];
  basis: Basis;
  batches: number;
  duration_s: number;
  persons: number;
  blocked?: Finding;
}

export interface Basis {
  residual_percent: number | null;
  rounds: number;
  polls: number;
  took_ms: number;
  outdoor_degC: number | null;
}

export interface Move {
  element: string;
  name: Text;
  quantity: 'opening_setpoint' | 'speed_setpoint' | 'supply_temperature_setpoint';
  unit: string;
  from: number;
  to: number;
  reason: Finding;
  x_before: number | null;
  x_after: number | null;
  batch: number;
}

export interface Effect {
  before: Outcome;
  after: Outcome;
}

export interface Outcome {
  x_min: number | null;
  x_max: number | null;
  x_rms_percent: number | null;
  in_band: number;
  under: number;
  over: number;
  min_differential_kPa: number | null;
  min_differential_station: string;
  pump_power_kW: number | null;
  pump_speed_Hz: number | null;
  pump_head_kPa: number | null;
  max_pressure_MPa: number | null;
  flow_t_per_h: number | null;
  heat_MW: number | null;
}

export interface Predicted {
  station: string;
  x_before: number | null;
  x_after: number | null;
  flow_before_t_per_h: number | null;
  flow_after_t_per_h: number | null;
  differential_before_kPa: number | null;
  differential_after_kPa: number | null;
  supply_pressure_after_MPa: number | null;
  return_pressure_after_MPa: number | null;
  x_measured: number | null;
  flow_measured_t_per_h: number | null;
  differential_measured_kPa: number | null;
}

export interface Unreachable {
  station: string;
  name: Text;
  x: number;
  reason: Finding;
  differential_kPa: number | null;
  need_kPa: number | null;
  cure: Finding;
}

export interface HeldStation {
  station: string;
  name: Text;
  why: Finding;
}

export interface Suspect {
  elements: string[];
  what: Finding;
}

export interface Order {
  id: string;
  rev: number;
  kind: 'recommendation' | 'manual' | 'revert';
  stage: Stage;
  title: Finding;
  by: string;
  reason: string;
  because?: Finding;
  proposed_ms: number;
  valid_until_ms: number;
  approvals: Approval[];
  persons: number;
  rejected_by?: string;
  reject_reason?: string;
  envelope: string;
  progress: Progress;
  batch: number;
  batches: number;
  next_batch_plant_ms: number | null;
  halted?: Finding;
  reverts?: string;
  reverted_by?: string;
  finished_ms: number | null;
  can: string[];
  effect?: Effect;
  result?: Result;
  items: Item[];
  stations: Predicted[];
}

export interface Approval {
  by: string;
  at_ms: number;
  standing?: string;
  note?: string;
}

export interface Progress {
  total: number;
  waiting: number;
  working: number;
  uncertain: number;
  confirmed: number;
  in_force: number;
  failed: number;
  sent: number;
}

export interface Result {
  state: 'settling' | 'measured' | 'impossible';
  why?: Finding;
  at_plant_ms: number | null;
  predicted: Outcome;
  measured: Outcome;
  x_error_percent: number | null;
  verdict: string;
}

export interface Item {
  n: number;
  element: string;
  name: Text;
  quantity: string;
  unit: string;
  from: number;
  to: number;
  batch: number;
  stage: Stage;
  note: string;
  why?: Finding;
  read_back: number | null;
  feedback: number | null;
  times: Record<string, number>;
}

export interface ManualInput {
  element: string;
  quantity: 'opening_setpoint' | 'speed_setpoint' | 'supply_temperature_setpoint';
  value: number;
}

export interface Preview {
  id: string;
  move: Move;
  min: number;
  max: number;
  effect: Effect;
  stations: Predicted[];
  checks: Check[];
  warnings: Finding[];
  valid_until_ms: number;
  persons: number;
  blocked?: Finding;
}

export interface JournalRow {
  seq: number;
  at_ms: number;
  plant_ms: number | null;
  who: string;
  role: string;
  from: string;
  action: string;
  denied: boolean;
  element: string;
  name: Text;
  point: string;
  unit: string;
  old: number | null;
  new: number | null;
  order: string;
  item: number | null;
  stage: Stage;
  reason: string;
  reason_zh?: string;
}

export interface Problem {
  status: number;
  title: string;
  code: string;
  reason?: string;
  detail: string;
  detail_zh: string;
  remedy?: string;
  elements: string[];
  order?: string;
  retry_after_s?: number;
}
