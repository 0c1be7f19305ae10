package examples

// PandapipesTown is a network as pandapipes writes it: a plant, two pipes that
// lose heat and a consumer of 100 kW at 30 K.
const PandapipesTown = `{"_module": "pandapipes.pandapipes_net", "_class": "pandapipesNet", "_object": {"name": "pp", "fluid": "water",
 "junction": {"_class": "DataFrame", "_object": "{\"columns\":[\"name\",\"height_m\",\"in_service\"],\"index\":[0,1,2,3],\"data\":[[\"plant\",0,true],[null,5,true],[null,5,true],[null,0,true]]}"},
 "pipe": {"_class": "DataFrame", "_object": "{\"columns\":[\"from_junction\",\"to_junction\",\"length_km\",\"diameter_m\",\"k_mm\",\"loss_coefficient\",\"u_w_per_m2k\",\"text_k\",\"in_service\"],\"index\":[0,1],\"data\":[[0,1,0.3,0.05,0.1,2,1.5,283,true],[2,3,0.3,0.05,0.1,0,1.5,283,true]]}"},
 "circ_pump_pressure": {"_class": "DataFrame", "_object": "{\"columns\":[\"return_junction\",\"flow_junction\",\"p_flow_bar\",\"t_flow_k\",\"plift_bar\",\"in_service\"],\"index\":[0],\"data\":[[3,0,6,363.15,2,true]]}"},
 "heat_consumer": {"_class": "DataFrame", "_object": "{\"columns\":[\"from_junction\",\"to_junction\",\"qext_w\",\"controlled_mdot_kg_per_s\",\"deltat_k\",\"treturn_k\",\"in_service\"],\"index\":[0],\"data\":[[1,2,100000,null,30,null,true]]}"}}}`
