package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// addVersion adds the command version to root, and the flag that prints the same.
func addVersion(root *cobra.Command) {
	root.Version = version(root.Name())
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(versionCommand())
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version of this program", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), cmd.Root().Version)
			return err
		},
	}
}

// version describes the build, from the build information in the program.
func version(name string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return fmt.Sprintf("%s %s (%s, %s/%s)", name, versionOf(info), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// versionOf returns the version that was installed, or the revision of a clone that it was built in.
func versionOf(info *debug.BuildInfo) string {
	version, revision, modified := info.Main.Version, "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				modified = ", modified"
			}
		}
	}
	if version == "" || version == "(devel)" {
		version = "development version"
	}
	if revision != "" {
		version += " of revision " + revision[:min(len(revision), 12)] + modified
	}
	return version
}
