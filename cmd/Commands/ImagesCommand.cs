using System.CommandLine;
using Depmap.Common;
using Depmap.Common.Options;
using Depmap.Plugin.Install;
using Depmap.Plugin.Options;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Prints the images that install uses.</summary>
internal sealed class ImagesCommand : Command
{
    public ImagesCommand(ProgramName program, Terminal terminal)
        : base(
            "images",
            $"""
            Print the images that install uses, one reference on a line, for a registry of your own.

            Examples:
              # Copy all images to a registry that the nodes can reach
              {program} images | while read image; do
                skopeo copy --all docker://$image docker://registry.example.com/depmap/$(basename $image | cut -d@ -f1)
              done

              # Install them from there
              {program} install --registry registry.example.com/depmap
            """)
    {
        var options = new InstallOptions(terminal.Variable);
        options.AddTo(this, hasShortValues: true, imagesOnly: true);
        SetAction(parse =>
        {
            Parsed<InstallRequest> request = options.Read(parse);
            if (request.Error is { } error)
                return terminal.Fail(error);
            InstallValues values = request.Value.Values;
            if (MissingRegistry.IsIn(values))
                return MissingRegistry.Fail(terminal, program);
            terminal.Print(string.Concat(ImageReference.Components.Select(
                component => $"{ImageReference.Find(values, BuildImages.OfThisProgram, component, ProductVersion.Tag)}\n")));
            return ExitCode.Success;
        });
    }
}
