// Answers, for each line on standard input, what Masterminds/semver itself says: which of the versions each of the
// constraints admits. It is the reference that the properties in this folder's parent are held against.
//
// In:  {"constraints":["^1.2"],"versions":["1.3.0"]}
// Out: {"constraints":[{"ok":true,"admits":[true]}]}; a version that the library refuses counts as not admitted.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/Masterminds/semver/v3"
)

type question struct {
	Constraints []string `json:"constraints"`
	Versions    []string `json:"versions"`
}

type verdict struct {
	OK     bool   `json:"ok"`
	Admits []bool `json:"admits"`
}

type answer struct {
	Constraints []verdict `json:"constraints"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 0, 1<<16), 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var asked question
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, "semver oracle:", err)
			os.Exit(1)
		}
		if err := json.NewEncoder(out).Encode(judge(asked)); err != nil {
			os.Exit(1)
		}
		// One flush for each question: whoever asks waits for the answer.
		if err := out.Flush(); err != nil {
			os.Exit(1)
		}
	}
}

func judge(asked question) answer {
	versions := make([]*semver.Version, len(asked.Versions))
	for i, text := range asked.Versions {
		// A text that is no version stays nil.
		versions[i], _ = semver.NewVersion(text)
	}
	verdicts := make([]verdict, len(asked.Constraints))
	for i, text := range asked.Constraints {
		constraint, err := semver.NewConstraint(text)
		if err != nil {
			verdicts[i] = verdict{Admits: []bool{}}
			continue
		}
		admits := make([]bool, len(versions))
		for j, version := range versions {
			admits[j] = version != nil && constraint.Check(version)
		}
		verdicts[i] = verdict{OK: true, Admits: admits}
	}
	return answer{Constraints: verdicts}
}
