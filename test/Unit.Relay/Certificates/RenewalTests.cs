using CsCheck;
using Depmap.Common.Tls;
using Depmap.Relay.Certificates;

namespace Depmap.Relay.Tests.Certificates;

/// <summary>Years of renewals: at every moment, every agent can connect to the relay.</summary>
public sealed class RenewalTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 4, 10, 15, 0, TimeSpan.Zero);
    private static readonly TimeSpan Years = TimeSpan.FromDays(5 * 365);

    // Kubelets update mounted Secrets within a minute or two; some agents are late.
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(20);

    [Fact]
    public void An_agent_whose_files_are_not_too_old_can_connect_at_every_moment() =>
        Gen.Int.Sample(seed => Assert.Equal(3, Simulate(new Random(seed), Authorities.Overlap)), iter: 1);

    [Fact]
    public void Without_the_time_of_overlap_some_could_not() =>
        Assert.ThrowsAny<Exception>(() => Simulate(new Random(1), overlap: TimeSpan.Zero));

    /// <returns>The number of authorities.</returns>
    private static int Simulate(Random random, TimeSpan overlap)
    {
        var authorities = AuthorityFiles.None;
        IssuedFiles relay = IssuedFiles.None;
        var agents = new List<(DateTimeOffset Until, IssuedFiles Files)>();
        IssuedFiles stored = IssuedFiles.None;
        var identities = new Dictionary<IssuedFiles, TlsIdentity>();
        var signers = new HashSet<string>();
        DateTimeOffset now = Start, changed = Start;
        while (now < Start + Years)
        {
            // Small steps while agents may have older files, else sometimes a relay that is away for days.
            bool isRecent = now - changed < TimeSpan.FromDays(2);
            now += isRecent ? TimeSpan.FromMinutes(random.Next(1, 600)) : TimeSpan.FromHours(random.Next(1, 240));
            agents.RemoveAll(earlier => earlier.Until < now - MaxAge);
            AssertConnect();
            if (random.Next(10) == 0)
                relay = IssuedFiles.None; // a restart
            DateTimeOffset clock = now + TimeSpan.FromMinutes(random.Next(-30, 30));
            CertificatePlan plan = CertificatePlan.Make(authorities, stored, relay, Peers.RelayName, clock, overlap);
            (authorities, relay) = (plan.Authorities.ToFiles(), plan.Relay);
            signers.Add(authorities.Current.Certificate);
            if (plan.Agents != stored)
            {
                changed = now;
                // Some writes fail, and are tried again soon.
                if (random.Next(4) > 0)
                {
                    if (stored != IssuedFiles.None)
                        agents.Add((now, stored));
                    stored = plan.Agents!;
                }
            }

            AssertConnect();
        }

        return signers.Count;

        void AssertConnect()
        {
            if (relay == IssuedFiles.None || stored == IssuedFiles.None)
                return;
            foreach (IssuedFiles agent in agents.Select(earlier => earlier.Files).Append(stored))
                Assert.True(Peers.Accept(Identity(agent), Identity(relay), now), $"{now:u}");
        }

        TlsIdentity Identity(IssuedFiles files) =>
            identities.TryGetValue(files, out TlsIdentity? known) ? known : identities[files] = Peers.Identity(files);
    }
}
