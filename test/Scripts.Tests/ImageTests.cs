namespace Depmap.Scripts.Tests;

/// <summary>scripts/image.sh with a docker and a buildah that stand for the real ones: which of them makes the image.</summary>
public sealed class ImageTests
{
    [Theory]
    [InlineData("docker-container", "docker")]
    [InlineData("docker", "buildah")] // Docker's own builder, which cannot write an OCI archive
    [InlineData("", "buildah")] // no Docker
    public async Task The_image_is_made_by_what_can_write_an_OCI_archive(string driver, string tool)
    {
        using var folder = new TemporaryFolder();
        Run run = await Run.ScriptAsync($$"""
            set -euo pipefail
            mkdir -p {{folder.Path}}/{bin,scripts,images,out/publish/linux-x64/agent}
            cd {{folder.Path}}
            cp {{Installation.File("scripts/image.sh")}} scripts
            cp "$(command -v busybox)" out/publish/linux-x64/agent/depmap-agent # any static program
            cat >bin/docker <<'END'
            #!/usr/bin/env bash
            if [[ $2 == inspect ]]; then
              [[ -n '{{driver}}' ]] && printf 'Name:   default\nDriver: {{driver}}\n'
            else
              echo docker >>made
              touch out/images/depmap-agent-amd64.tar
            fi
            END
            cat >bin/buildah <<'END'
            #!/usr/bin/env bash
            [[ $* != *' push '* ]] || { echo buildah >>made; touch out/images/depmap-agent-amd64.tar; }
            END
            chmod +x bin/*
            PATH=$PWD/bin:$PATH VERSION=1.2.3 scripts/image.sh agent amd64
            cat made
            """);
        Assert.Equal($"localhost/depmap-agent:1.2.3 in out/images/depmap-agent-amd64.tar, 0\n{tool}\n", run.Succeeded());
    }
}
