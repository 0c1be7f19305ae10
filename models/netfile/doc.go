// Package netfile reads and writes the native files: a network
// (evenflow-network/1) and a scenario (evenflow-scenario/1), both JSON.
//
// Reading is strict: an unknown key, a key given twice, a wrong type, data
// after the end and a file cut off in the middle are refused, and so is
// everything [models.Network.Validate] refuses. All problems are reported at
// once, each with its element, its line and a remedy; nothing is half read.
//
// Writing is canonical: one element a line, keys in a fixed order, numbers as
// short as they can be. What is read from a canonical file is written back
// byte for byte. The keys, their units and their limits are documented in
// docs/formats.
package netfile
