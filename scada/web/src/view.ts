// The documents of the service as the page reads them. Their source, with the
// meaning of every field and code, is scada/api/view*.go; a test of the command
// compares the keys.
export * from './view-network';
export * from './view-order';
export * from './view-station';

export type Quality = 'none' | 'lost' | 'bad' | 'stale' | 'substituted' | 'estimated' | 'good';

export type Right = 'see' | 'audit' | 'propose' | 'approve' | 'manual' | 'stop' | 'resume' | 'mode' | 'lock' | 'envelope' | 'users';

export type Mode = 'off' | 'monitor' | 'shadow' | 'advisory' | 'auto';

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
  chinese?: string;
}

export interface Session {
  name: string;
  display: string;
  role: 'viewer' | 'dispatcher' | 'engineer' | 'admin' | 'auditor';
  rights: Right[];
  modes: Mode[];
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
