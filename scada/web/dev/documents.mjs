// Documents of one station for the stand-in service.

export function stationRow(s, c) {
  const lost = s.state === 'lost';
  const flow = c.round(s.x * c.required, 1);
  return {
    name: s.name, heated_area_m2: s.heated_area_m2, state: c.state, x: lost || s.state === 'bad_flow' ? null : c.round(s.x, 2), flow_required_t_per_h: c.round(c.required, 1), flow_t_per_h: flow, flow_m3_per_h: null,
    opening_setpoint_percent: c.round(s.setpoint, 1), opening_feedback_percent: c.round(s.opening, 1), supply_pressure_MPa: 0.505, return_pressure_MPa: 0.448, differential_kPa: c.round(s.kpa, 0), differential_need_kPa: 72,
    supply_temperature_degC: 108.2, return_temperature_degC: 64.7, secondary_supply_temperature_degC: 49.4, secondary_return_temperature_degC: 41.2, secondary_supply_wanted_degC: 51.5, heat_MW: c.round(flow * 0.0506, 2), heat_needed_MW: c.round(c.required * 0.0506, 2),
    quality: lost ? 'lost' : 'good', plant_ms: c.plant - (lost ? 4e6 : 0), points: ['mass_flow', 'opening_setpoint', 'opening_feedback', 'supply_pressure', 'return_pressure', 'secondary_supply_temperature', 'secondary_return_temperature'],
    remote: lost ? null : true, fallback: false, mode: c.mode, own_mode: c.mode, held: c.held ?? null, diagnosis: c.held ? null : s.x < 0.9 ? { code: 'differential_short', params: { differential_kPa: s.kpa, need_kPa: 72 }, elements: [] } : s.x > 1.2 ? { code: 'over_supplied', params: { x: s.x }, elements: [] } : { code: 'normal', params: {}, elements: [] },
    order: '', order_stage: '',
  };
}

export function profile(s, plant, after, checks) {
  let distance = 0;
  let supply = 96;
  let ret = 32;
  const last = s.path.length - 1;
  const points = s.path.map((j, i) => {
    const before = s.path[i - 1];
    const length = before ? Math.hypot(j.x - before.x, j.y - before.y) : 0;
    distance += length;
    const friction = i === 0 ? null : i === 5 ? 168 : 25 + (i * 17) % 60;
    if (friction !== null) {
      supply -= (friction * length) / 9806 * 0.25;
      ret += (friction * length) / 9806 * 0.25;
    }
    return {
      distance_m: distance, supply: `${j.id}S`, return: `${j.id}R`, elevation_m: j.elevation_m, supply_head_m: supply, return_head_m: ret, after_supply_head_m: after ? supply - 9 + 6 * (i / last) : null, after_return_head_m: after ? ret - 1.2 * (i / last) * 5 : null,
      boiling_head_m: j.elevation_m + 9, allowed_head_m: j.elevation_m + 163, supply_pressure_MPa: (supply - j.elevation_m) * 0.0098, return_pressure_MPa: (ret - j.elevation_m) * 0.0098, differential_kPa: (supply - ret) * 9.8,
      pipe: i ? `P${i}S` : '', return_pipe: '', dn: i ? [800, 800, 700, 600, 500, 400, 350, 300, 250, 200, 150][Math.min(10, i - 1)] : null, year: i ? 1994 + (i * 7) % 30 : null, pn_MPa: 1.6, flow_t_per_h: i ? 4800 / (i + 1) : null, velocity_m_per_s: i ? 1.4 - i * 0.06 : null,
      friction_Pa_per_m: friction, return_friction_Pa_per_m: friction,
    };
  });
  return { source: 'SRC-1', station: s.id, version: 2, plant_ms: plant, good: true, after, static_head_m: 54, points, checks, measured_supply_head_m: supply + 1, measured_return_head_m: ret - 1, differential_kPa: (supply - ret) * 9.8, differential_need_kPa: 72, after_differential_kPa: after ? (supply - ret) * 9.8 + 18 : null };
}
