namespace Depmap.Plugin.Objects;

/// <summary>The labels of Depmap's own objects, and the query strings that select them.</summary>
internal static class ProductLabels
{
    public const string Name = "app.kubernetes.io/name";
    public const string ManagedBy = "app.kubernetes.io/managed-by";
    public const string Component = "app.kubernetes.io/component";
    public const string Version = "app.kubernetes.io/version";

    /// <summary>The value of <see cref="Name"/>.</summary>
    public const string Product = "depmap";

    /// <summary>The value of <see cref="ManagedBy"/> in objects that this plugin has applied.</summary>
    public const string Plugin = "kubectl-depmap";

    /// <summary>The value of <see cref="ManagedBy"/> in objects of a Helm release.</summary>
    public const string Helm = "Helm";

    /// <summary>The values of <see cref="Component"/>.</summary>
    public const string Agent = "agent", Relay = "relay";

    /// <summary>Selects all objects of Depmap, whoever has applied them.</summary>
    public static string AllQuery { get; } = Query((Name, Product));

    /// <summary>Selects the relay's pods.</summary>
    public static string RelayQuery { get; } = Query((Name, Product), (Component, Relay));

    /// <summary>Selects the objects that this plugin has applied.</summary>
    public static string AppliedQuery { get; } = Query((Name, Product), (ManagedBy, Plugin));

    private static string Query(params (string Label, string Value)[] labels) =>
        "?labelSelector=" + Uri.EscapeDataString(string.Join(',', labels.Select(label => $"{label.Label}={label.Value}")));
}
