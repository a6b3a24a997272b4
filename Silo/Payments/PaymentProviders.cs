namespace SoonShop.Silo.Payments;

/// <summary>The payment providers that <c>Payments:Provider</c> can name. The first one is the default.</summary>
internal sealed class PaymentProviders(params ImmutableArray<IPaymentProviderModule> modules)
{
    /// <summary>The payment providers of the shop. A new one is added here.</summary>
    public static readonly PaymentProviders All = new(new SimulatedModule(), new StripeModule());

    public ImmutableArray<IPaymentProviderModule> Modules => modules;

    public IPaymentProviderModule Default => modules[0];

    /// <summary>Returns the provider with a name, in any case; the default for an empty name, null for an unknown one.</summary>
    public IPaymentProviderModule? Find(string? name) => string.IsNullOrWhiteSpace(name)
        ? Default
        : modules.FirstOrDefault(m => m.Name.Equals(name.Trim(), StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns the text without the secrets of any provider.</summary>
    public string Redact(string text) => modules.Aggregate(text, (rest, module) => module.Redact(rest));

    /// <summary>Returns the names for a message: <c>Simulated or Stripe</c>.</summary>
    public string Names(IPaymentProviderModule? except = null)
    {
        var names = modules.Where(m => m != except).Select(m => m.Name).ToArray();
        return names.Length < 2 ? string.Concat(names) : $"{string.Join(", ", names[..^1])} or {names[^1]}";
    }
}
