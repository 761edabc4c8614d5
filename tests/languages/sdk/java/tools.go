//go:build tools

// The generator of Java, in a module of its own: it needs an older pulumi/pkg than the others.
package tools

import _ "github.com/pulumi/pulumi-java/pkg/cmd/pulumi-java-gen"
