package sparse

import "fmt"

func (p *Pattern) Width(j int) int { return int(p.ptr[j+1] - p.ptr[j]) }

func (p *Pattern) Stats() {
	var wideC, cont, walk, steps, narrowN int
	super := map[int]int{}
	run := 1
	superWork := map[int]int{}
	for j := 0; j < p.N; j++ {
		w := p.Width(j)
		if w <= narrow {
			narrowN += w * (w - 1) / 2
		} else {
			wideC++
			rows := p.rows[p.ptr[j]:p.ptr[j+1]]
			for a := range rows {
				rest := rows[a+1:]
				r := rows[a]
				t := int(p.ptr[r])
				if int(p.ptr[r+1])-t == len(rest) {
					cont += len(rest)
				} else {
					walk += len(rest)
					for b := range rest {
						for p.rows[t] != rest[b] {
							t++
							steps++
						}
						t++
						steps++
					}
				}
			}
		}
		if j+1 < p.N && p.rows != nil && w > 0 && int(p.rows[p.ptr[j]]) == j+1 && p.Width(j+1) == w-1 {
			run++
		} else {
			super[run]++
			superWork[run] += w * w / 2
			run = 1
		}
	}
	fmt.Println("narrow madds", narrowN, "wide cols", wideC, "contig", cont, "walk", walk, "walk steps", steps)
	fmt.Println("supernodes", super)
}
