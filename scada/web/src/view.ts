// The documents of the service as the page reads them. Their source, with the
// meaning of every field and code, is scada/api/view*.go; a test of the command
// compares the keys.

export type Quality = 'none' | 'lost' | 'bad' | 'stale' | 'substituted' | 'estimated' | 'good';
export type Right = 'see' | 'audit' | 'propose' | 'approve' | 'manual' | 'stop' | 'resume' | 'mode' | 'lock' | 'envelope' | 'users';
export type Mode = 'off' | 'monitor' | 'shadow' | 'advisory' | 'auto';
export type StationState = 'lost' | 'unmeasured' | 'bad_flow' | 'stuck' | 'local' | 'under' | 'over' | 'normal';
export type Stage = '' | 'proposed' | 'approved' | 'selected' | 'writing' | 'written' | 'uncertain' | 'confirmed' | 'in_force' | 'rejected' | 'expired' | 'superseded' | 'not_done' | 'no_effect';

export interface Text {
  zh: string;
  en: string;
}

export interface Live {
  v: number | null;
  q: Quality;
  t: number | null;
  why?: string;
}

export interface Finding {
  code: string;
  params: Record<string, unknown>;
  elements: string[];
  english?: string;
}

export interface Session {
  name: string;
  display: string;
  role: 'viewer' | 'dispatcher' | 'engineer' | 'admin' | 'auditor';
  rights: Right[];
  topics: string[];
  demo: boolean;
  expires_ms: number;
  idle_ms: number;
}

export interface System {
  network: Text;
  network_id: string;
  build: string;
  simulated: boolean;
  mode: Mode;
  modes: Mode[];
  armed: boolean;
  stopped?: Stopped;
  resume_persons: number;
  envelope: Envelope;
  clock: Clock;
  model: Model;
  links: Links;
  band: Band;
  scan_s: number;
  blocked?: Finding;
  two_person_items: number;
}

export interface Stopped {
  by: string;
  at_ms: number;
  reason: string;
  resumed_by: string[];
}

export interface Envelope {
  name: string;
  opened_by?: string;
  until_ms: number | null;
  step_percent: number;
  batch_percent: number;
  interval_s: number;
  min_pause_s: number;
}

export interface Clock {
  plant_ms: number;
  wall_ms: number;
  speed: number;
}

export interface Model {
  state: 'good' | 'stale' | 'failed' | 'none';
  solved_plant_ms: number | null;
  residual_percent: number | null;
  version: number;
  problem?: Finding;
  calibrated_plant_ms: number | null;
  rounds: number;
}

export interface Links {
  plcs: number;
  answering: number;
  unmeasured: number;
}

export interface Band {
  low: number;
  high: number;
}

export interface KPI {
  heat_MW: Live;
  heat_needed_MW: number | null;
  supply_temperature_degC: Live;
  supply_temperature_setpoint_degC: number | null;
  return_temperature_degC: Live;
  return_temperature_limit_degC: number | null;
  critical_differential_kPa: Live;
  critical_need_kPa: number | null;
  critical_station: string;
  make_up_t_per_h: Live;
  make_up_limit_t_per_h: number | null;
  flow_t_per_h: Live;
  outdoor_degC: Live;
  under: number;
  over: number;
  lost: number;
  not_right: number;
  stations: number;
  x_min: number | null;
  x_max: number | null;
  x_rms_percent: number | null;
  pump_power_kW: number | null;
  pending: number;
  pending_oldest_ms: number | null;
  running: number;
}

export interface Network {
  id: string;
  name: Text;
  junctions: Junction[];
  pipes: Pipe[];
  valves: Valve[];
  pumps: Pump[];
  sources: SourcePin[];
  stations: StationPin[];
  friction_limit_Pa_per_m: number;
  velocity_limit_m_per_s: number;
}

export interface Junction {
  id: string;
  name: Text;
  side: 'supply' | 'return' | 'none';
  x_m: number | null;
  y_m: number | null;
  elevation_m: number | null;
  hold: boolean;
}

export interface Pipe {
  id: string;
  from: string;
  to: string;
  side: 'supply' | 'return' | 'none';
  partner: string;
  dn: number | null;
  year: number | null;
  length_m: number;
  pn_MPa: number | null;
  material: string;
  in_service: boolean;
}

export interface Valve {
  id: string;
  name: Text;
  from: string;
  to: string;
  side: 'supply' | 'return' | 'none';
  opening_percent: number;
  sectioning: boolean;
  in_service: boolean;
}

export interface Pump {
  id: string;
  name: Text;
  from: string;
  to: string;
  in_service: boolean;
}

export interface SourcePin {
  id: string;
  name: Text;
  from: string;
  to: string;
}

export interface StationPin {
  id: string;
  name: Text;
  from: string;
  to: string;
  heated_area_m2: number;
  design_flow_t_per_h: number | null;
  kvs_m3_per_h: number | null;
}

export interface Pipes {
  network_id: string;
  version: number;
  plant_ms: number | null;
  good: boolean;
  flow_t_per_h: Array<number | null>;
  velocity_m_per_s: Array<number | null>;
  friction_Pa_per_m: Array<number | null>;
}

export interface Profile {
  source: string;
  station: string;
  version: number;
  plant_ms: number | null;
  good: boolean;
  after: string;
  static_head_m: number | null;
  points: ProfilePoint[];
  checks: Check[];
  measured_supply_head_m: number | null;
  measured_return_head_m: number | null;
  differential_kPa: number | null;
  differential_need_kPa: number | null;
  after_differential_kPa: number | null;
}

export interface ProfilePoint {
  distance_m: number;
  supply: string;
  return: string;
  elevation_m: number | null;
  supply_head_m: number | null;
  return_head_m: number | null;
  after_supply_head_m: number | null;
  after_return_head_m: number | null;
  boiling_head_m: number | null;
  allowed_head_m: number | null;
  supply_pressure_MPa: number | null;
  return_pressure_MPa: number | null;
  differential_kPa: number | null;
  pipe: string;
  return_pipe: string;
  dn: number | null;
  year: number | null;
  pn_MPa: number | null;
  flow_t_per_h: number | null;
  velocity_m_per_s: number | null;
  friction_Pa_per_m: number | null;
  return_friction_Pa_per_m: number | null;
}

export interface Check {
  code: string;
  ok: boolean | null;
  margin_kPa: number | null;
  value_kPa: number | null;
  bound_kPa: number | null;
  element: string;
  distance_m: number | null;
  missing?: Finding;
}

export interface Station {
  id: string;
  name: Text;
  heated_area_m2: number;
  state: StationState;
  x: number | null;
  flow_required_t_per_h: number | null;
  flow_t_per_h: Live;
  flow_m3_per_h: Live;
  opening_setpoint_percent: Live;
  opening_feedback_percent: Live;
  supply_pressure_MPa: Live;
  return_pressure_MPa: Live;
  differential_kPa: Live;
  differential_need_kPa: number | null;
  supply_temperature_degC: Live;
  return_temperature_degC: Live;
  secondary_supply_temperature_degC: Live;
  secondary_return_temperature_degC: Live;
  secondary_supply_wanted_degC: number | null;
  heat_MW: Live;
  heat_needed_MW: number | null;
  quality: Quality;
  plant_ms: number | null;
  points: string[];
  remote: boolean | null;
  fallback: boolean | null;
  mode: Mode;
  own_mode: Mode;
  lock?: Lock;
  held?: Finding;
  diagnosis?: Finding;
  order: string;
  order_stage: Stage;
}

export interface Lock {
  by: string;
  reason: string;
  until_ms: number | null;
}

export interface Source {
  id: string;
  name: Text;
  heat_MW: Live;
  capacity_MW: number | null;
  supply_temperature_degC: Live;
  supply_temperature_setpoint_degC: Live;
  return_temperature_degC: Live;
  supply_pressure_MPa: Live;
  return_pressure_MPa: Live;
  differential_kPa: Live;
  flow_t_per_h: Live;
  speed_setpoint_Hz: Live;
  speed_feedback_Hz: Live;
  min_speed_Hz: number | null;
  max_speed_Hz: number | null;
  pump_power_kW: number | null;
  make_up_t_per_h: Live;
  outdoor_degC: Live;
  hold_pressure_MPa: number | null;
  hold_junction: string;
  quality: Quality;
  plant_ms: number | null;
  points: string[];
  remote: boolean | null;
  fallback: boolean | null;
  mode: Mode;
  own_mode: Mode;
  lock?: Lock;
  stations: number;
  order: string;
  order_stage: Stage;
}

export interface NotRight {
  key: string;
  element: string;
  name: Text;
  severity: number;
  what: Finding;
  value: number | null;
  limit: number | null;
  unit: string;
  since_plant_ms: number | null;
}

export interface Trend {
  element: string;
  from_plant_ms: number;
  to_plant_ms: number;
  pens: Pen[];
}

export interface Pen {
  quantity: string;
  unit: string;
  decimals: number;
  stored: boolean;
  t: number[];
  v: Array<number | null>;
}

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
  stations: string[];
}

export interface Order {
  id: string;
  rev: number;
  kind: 'recommendation' | 'manual' | 'revert';
  stage: Stage;
  title: Finding;
  by: string;
  reason: string;
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
}

export interface Problem {
  status: number;
  title: string;
  code: string;
  detail: string;
  detail_zh: string;
  remedy?: string;
  elements: string[];
  order?: string;
  retry_after_s?: number;
}
