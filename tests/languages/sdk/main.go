// Writes the SDK of a language as `pulumi package add` does: go run . nodejs|go|dotnet|java SCHEMA.json OUT
//
// The CLI's language hosts call the same generators. The namespace and the URL are what the CLI makes of
// `pulumi package add https://github.com/example/ses-sending-history/components`.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"

	dotnet "github.com/pulumi/pulumi-dotnet/pulumi-language-dotnet/v3/codegen"
	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const (
	namespace = "example"
	url       = "git://github.com/example/ses-sending-history/components"
	tool      = "pulumi"
)

func main() {
	if len(os.Args) != 4 {
		check(errors.New("usage: go run . nodejs|go|dotnet|java SCHEMA.json OUT"))
	}
	language, pkg, out := os.Args[1], read(os.Args[2]), must(filepath.Abs(os.Args[3]))
	if language == "java" {
		generateJava(pkg, out)
		return
	}
	for name, content := range must(generate(language, pkg)) {
		write(filepath.Join(out, name), content)
	}
}

func read(source string) *schema.Package {
	var spec schema.PackageSpec
	check(json.Unmarshal(must(os.ReadFile(source)), &spec))
	spec.Namespace = namespace
	spec.PluginDownloadURL = url
	pkg, problems, err := schema.BindSpec(spec, noOthers{}, schema.ValidationOptions{AllowDanglingReferences: true})
	check(err)
	if problems.HasErrors() {
		check(problems)
	}
	pkg.SupportPack = true // always, for `pulumi package add`
	return pkg
}

// The schema refers to no other package, so none is ever loaded.
type noOthers struct{ schema.ReferenceLoader }

func generate(language string, pkg *schema.Package) (map[string][]byte, error) {
	switch language {
	case "nodejs":
		return nodejs.GeneratePackage(tool, pkg, nil, nil, true, noOthers{})
	case "go":
		return golang.GeneratePackage(tool, pkg, nil)
	case "dotnet":
		// The generator downloads a logo: here it is an empty file, and the network is not needed.
		logo := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer logo.Close()
		pkg.LogoURL = logo.URL
		return dotnet.GeneratePackage(tool, pkg, nil, nil)
	default:
		return nil, fmt.Errorf("no SDK for %s: nodejs, go, dotnet or java", language)
	}
}

// The generator of Java is a program of another module, java/go.mod: it reads the schema as the CLI hands it on, and
// takes where to write to as a path relative to that module.
func generateJava(pkg *schema.Package, out string) {
	source := filepath.Join(out, "schema.json")
	write(source, must(pkg.MarshalJSON()))
	module := must(filepath.Abs("java"))
	generator := "github.com/pulumi/pulumi-java/pkg/cmd/pulumi-java-gen"
	relative := must(filepath.Rel(module, out))
	command := exec.Command("go", "run", generator, "generate", "--local", "--schema", source, "--out", relative)
	command.Dir, command.Stderr = module, os.Stderr
	check(command.Run())
}

func write(path string, content []byte) {
	check(os.MkdirAll(filepath.Dir(path), 0o755))
	check(os.WriteFile(path, content, 0o644))
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
