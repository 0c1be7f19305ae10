package models

// PipeSize is one step of the pre-insulated steel pipes of EN 253: carrier
// pipe and casing.
type PipeSize struct {
	DN     int     // nominal diameter
	Outer  float64 // m, carrier pipe
	Wall   float64 // m
	Casing float64 // m, outer diameter of the casing, insulation series 1
}

// Inner returns the inner diameter of the carrier pipe, m.
func (s PipeSize) Inner() float64 { return s.Outer - 2*s.Wall }

// PipeSizes are the standard steps, ascending (EN 253, minimum wall). Read
// only.
var PipeSizes = []PipeSize{
	{20, 0.0269, 0.0026, 0.090},
	{25, 0.0337, 0.0026, 0.090},
	{32, 0.0424, 0.0026, 0.110},
	{40, 0.0483, 0.0026, 0.110},
	{50, 0.0603, 0.0029, 0.125},
	{65, 0.0761, 0.0029, 0.140},
	{80, 0.0889, 0.0032, 0.160},
	{100, 0.1143, 0.0036, 0.200},
	{125, 0.1397, 0.0036, 0.225},
	{150, 0.1683, 0.0040, 0.250},
	{200, 0.2191, 0.0045, 0.315},
	{250, 0.2730, 0.0050, 0.400},
	{300, 0.3239, 0.0056, 0.450},
	{350, 0.3556, 0.0056, 0.500},
	{400, 0.4064, 0.0063, 0.560},
	{450, 0.4570, 0.0063, 0.630},
	{500, 0.5080, 0.0063, 0.710},
	{600, 0.6100, 0.0071, 0.800},
	{700, 0.7110, 0.0080, 0.900},
	{800, 0.8130, 0.0088, 1.000},
	{900, 0.9140, 0.0100, 1.100},
	{1000, 1.0160, 0.0110, 1.200},
	{1200, 1.2190, 0.0125, 1.400},
}
