// Stations, sources, what is not right, and curves.
// Their meaning stands in scada/api/view_station.go.
import type { Finding, Live, Mode, Quality, Text } from './view';
import type { Stage } from './view-order';

export type StationState = 'lost' | 'unmeasured' | 'bad_flow' | 'stuck' | 'local' | 'under' | 'over' | 'normal';

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

export type LockKind = 'locked' | 'out_of_service';

export interface Lock {
  kind: LockKind;
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
