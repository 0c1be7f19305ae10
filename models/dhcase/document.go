package dhcase

// document mirrors the file.
type document struct {
	Schema      string   `json:"schema"`
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Tags        []string `json:"tags"`
	Options     struct {
		Mode     string  `json:"mode"`
		Friction string  `json:"friction_model"`
		Ambient  float64 `json:"ambient_temperature_k"`
		Gravity  float64 `json:"gravity_m_per_s2"`
	} `json:"options"`
	Fluid struct {
		Density      property `json:"density_kg_per_m3"`
		Viscosity    property `json:"viscosity_pa_s"`
		HeatCapacity property `json:"heat_capacity_j_per_kg_k"`
	} `json:"fluid"`

	Nodes               []node               `json:"nodes"`
	Pipes               []pipe               `json:"pipes"`
	Valves              []valve              `json:"valves"`
	PressureSources     []pressureSource     `json:"pressure_sources"`
	Sinks               []exchange           `json:"sinks"`
	Sources             []exchange           `json:"sources"`
	CircPumpsPressure   []plant              `json:"circ_pumps_pressure"`
	CircPumpsMass       []plant              `json:"circ_pumps_mass"`
	Pumps               []pump               `json:"pumps"`
	FlowControllers     []flowController     `json:"flow_controllers"`
	PressureControllers []pressureController `json:"pressure_controllers"`
	HeatExchangers      []exchanger          `json:"heat_exchangers"`
	HeatConsumers       []consumer           `json:"heat_consumers"`

	Results    results     `json:"results"`
	References []reference `json:"references"`
}

type property struct {
	Kind   string    `json:"kind"`
	T      []float64 `json:"t_k"`
	Table  any       `json:"value"` // a list, or the constant
	Slope  float64   `json:"slope"`
	Offset float64   `json:"offset"`
}

type ends struct {
	ID        int    `json:"id"`
	Name      string `json:"name"`
	From      int    `json:"from"`
	To        int    `json:"to"`
	InService *bool  `json:"in_service"`
}

func (e ends) out() bool { return e.InService != nil && !*e.InService }

type node struct {
	ID        int      `json:"id"`
	Name      string   `json:"name"`
	Height    float64  `json:"height_m"`
	Start     float64  `json:"t_init_k"`
	X         *float64 `json:"x"`
	Y         *float64 `json:"y"`
	InService *bool    `json:"in_service"`
}

type pipe struct {
	ends
	Length    float64 `json:"length_m"`
	Inner     float64 `json:"inner_diameter_m"`
	Outer     float64 `json:"outer_diameter_m"`
	Roughness float64 `json:"roughness_mm"`
	Zeta      float64 `json:"zeta"`
	U         float64 `json:"u_w_per_m2k"`
	Ambient   float64 `json:"t_ambient_k"`
	Sections  int     `json:"sections"`
}

type valve struct {
	ends
	Inner float64 `json:"inner_diameter_m"`
	Zeta  float64 `json:"zeta"`
	Open  bool    `json:"open"`
}

type pressureSource struct {
	ID        int      `json:"id"`
	Node      int      `json:"node"`
	Fixes     string   `json:"fixes"`
	Pressure  *float64 `json:"p_bar"`
	T         *float64 `json:"t_k"`
	InService *bool    `json:"in_service"`
}

type exchange struct {
	ID        int     `json:"id"`
	Node      int     `json:"node"`
	Flow      float64 `json:"mdot_kg_per_s"`
	InService *bool   `json:"in_service"`
}

type plant struct {
	ends
	Pressure float64 `json:"p_flow_bar"`
	Lift     float64 `json:"p_lift_bar"`
	Flow     float64 `json:"mdot_kg_per_s"`
	T        float64 `json:"t_flow_k"`
}

type pump struct {
	ends
	Curve struct {
		Polynomial []float64 `json:"polynomial_bar_of_m3_per_h"`
		Flows      []float64 `json:"points_m3_per_h"`
		Lifts      []float64 `json:"points_bar"`
	} `json:"curve"`
}

type flowController struct {
	ends
	Flow   float64 `json:"mdot_kg_per_s"`
	Active bool    `json:"control_active"`
}

type pressureController struct {
	ends
	Controlled int     `json:"controlled_node"`
	Pressure   float64 `json:"p_bar"`
	Active     bool    `json:"control_active"`
	Zeta       float64 `json:"zeta"`
}

type exchanger struct {
	ends
	Heat  float64 `json:"qext_w"`
	Inner float64 `json:"inner_diameter_m"`
	Zeta  float64 `json:"zeta"`
}

type consumer struct {
	ends
	Heat    *float64 `json:"qext_w"`
	Flow    *float64 `json:"mdot_kg_per_s"`
	Drop    *float64 `json:"delta_t_k"`
	ReturnT *float64 `json:"t_return_k"`
}

type results struct {
	Program             string         `json:"program"`
	Converged           bool           `json:"converged"`
	Nodes               []nodeResult   `json:"nodes"`
	Pipes               []branchResult `json:"pipes"`
	Valves              []branchResult `json:"valves"`
	CircPumpsPressure   []branchResult `json:"circ_pumps_pressure"`
	CircPumpsMass       []branchResult `json:"circ_pumps_mass"`
	Pumps               []branchResult `json:"pumps"`
	FlowControllers     []branchResult `json:"flow_controllers"`
	PressureControllers []branchResult `json:"pressure_controllers"`
	HeatExchangers      []branchResult `json:"heat_exchangers"`
	HeatConsumers       []branchResult `json:"heat_consumers"`
}

type nodeResult struct {
	ID       int      `json:"id"`
	Pressure *float64 `json:"p_bar"`
	T        *float64 `json:"t_k"`
}

type branchResult struct {
	ID        int       `json:"id"`
	Flow      *float64  `json:"mdot_kg_per_s"`
	TempOut   *float64  `json:"t_outlet_k"`
	Velocity  *float64  `json:"v_m_per_s"`
	InternalT []float64 `json:"internal_t_k"`
	InternalP []float64 `json:"internal_p_bar"`
}

type reference struct {
	Program string       `json:"program"`
	Note    string       `json:"note"`
	Nodes   []nodeResult `json:"nodes"`
	Pipes   []struct {
		ID       int       `json:"id"`
		Velocity *float64  `json:"v_m_per_s"`
		Sections []float64 `json:"t_sections_k"`
	} `json:"pipes"`
}
