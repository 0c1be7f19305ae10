// Package pandapipes reads the JSON files of pandapipes (to_json, versions 0.2
// to 0.14) into networks.
//
// Such a file nests: an object says its Python class and holds its content,
// often as a string that is JSON again; tables are DataFrames of that kind
// ("split": columns, index, data). Every element becomes one of the network's,
// with the letters of its table and its index as id: n7 is junction 7, p7 pipe
// 7, hc7 heat consumer 7; its name is kept. What the network cannot say is
// listed. Columns are understood by any of the names they had over the years.
package pandapipes
