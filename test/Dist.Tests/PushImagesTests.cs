using System.Security.Cryptography;
using System.Text.Json;

namespace Depmap.Dist.Tests;

/// <summary>scripts/push-images.sh, with a folder as the registry.</summary>
public sealed class PushImagesTests
{
    [Fact]
    public async Task Each_image_is_pushed_as_one_index_of_both_architectures_and_its_digest_is_printed()
    {
        using var folder = new TemporaryFolder();
        string output = (await Run.ScriptAsync($$"""
            set -euo pipefail
            cd {{folder.Path}}
            mkdir -p scripts out/images context registry
            cp {{Installation.File("scripts")}}/{push-images,property}.sh scripts
            cp {{Installation.File("Directory.Build.props")}} .
            build="buildah --storage-driver vfs --root $PWD/root --runroot $PWD/run"
            printf 'FROM scratch\nCOPY Dockerfile /\n' >context/Dockerfile
            for part in agent relay; do for arch in amd64 arm64; do
              $build build --quiet --isolation chroot --platform linux/$arch --tag localhost/depmap-$part context >&2
              $build push --quiet localhost/depmap-$part oci-archive:out/images/depmap-$part-$arch.tar
            done; done
            scripts/push-images.sh dir:$PWD/registry
            """)).Succeeded();

        List<string> expected = [];
        foreach (string part in (string[])["agent", "relay"])
        {
            byte[] index = await File.ReadAllBytesAsync(
                $"{Directory.GetDirectories($"{folder.Path}/registry", $"depmap-{part}:*").Single()}/manifest.json");
            expected.Add($"{part}=sha256:{Convert.ToHexStringLower(SHA256.HashData(index))}\n");
            using JsonDocument json = JsonDocument.Parse(index);
            Assert.Equal(
                ["linux/amd64", "linux/arm64"],
                json.RootElement.GetProperty("manifests").EnumerateArray()
                    .Select(entry => entry.GetProperty("platform"))
                    .Select(entry => $"{entry.GetProperty("os")}/{entry.GetProperty("architecture")}"));
        }

        Assert.Equal(string.Concat(expected), output);
    }

    [Fact]
    public async Task A_missing_architecture_is_named()
    {
        using var folder = new TemporaryFolder();
        Run run = await Run.ScriptAsync($$"""
            cd {{folder.Path}}
            mkdir scripts
            cp {{Installation.File("scripts")}}/{push-images,property}.sh scripts
            cp {{Installation.File("Directory.Build.props")}} .
            scripts/push-images.sh dir:$PWD/registry
            """);
        Assert.Equal(new Run(1, "", "error: there is no out/images/depmap-agent-amd64.tar. Try: make image ARCH=amd64\n"), run);
    }
}
