// The network for the map, the pipes' state and the pressure diagram.
// Their meaning stands in scada/api/view_network.go.
import type { Finding, Text } from './view';

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
