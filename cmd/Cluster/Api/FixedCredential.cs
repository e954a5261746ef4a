using System.Net.Http.Headers;
using System.Text;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>A credential that stays as it is.</summary>
internal sealed class FixedCredential(AuthenticationHeaderValue? header) : ICredential
{
    private readonly Identity _identity = new(header);

    public static FixedCredential None { get; } = new(null);

    public static FixedCredential Token(string token) => new(new AuthenticationHeaderValue("Bearer", token));

    public static FixedCredential Basic(string user, string password) =>
        new(new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))));

    public ValueTask<Identity> GetAsync(CancellationToken cancellationToken) => new(_identity);

    public bool Refuse(Identity refused) => false;
}
