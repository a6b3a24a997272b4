namespace SoonShop.Silo.Payments;

/// <summary>Configuration section <c>Payments</c>: the payment provider, and when money is taken.</summary>
public sealed class PaymentsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Payments";

    /// <summary>The payment provider. Outside Development it must be set.</summary>
    public PaymentProviderKind Provider { get; set; }

    /// <summary>When the money is taken.</summary>
    public CaptureMode Capture { get; set; }

    /// <summary>For the provider Stripe.</summary>
    public StripeOptions Stripe { get; set; } = new();

    /// <summary>How the provider's books are compared with the shop's.</summary>
    public ReconciliationOptions Reconciliation { get; set; } = new();

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Enum.IsDefined(Provider))
            yield return $"Payments:Provider is {Provider}; set Payments__Provider to Simulated or Stripe.";
        if (!Enum.IsDefined(Capture))
            yield return $"Payments:Capture is {Capture}; set Payments__Capture to Automatic or Manual.";
        foreach (var problem in Reconciliation.Problems())
            yield return problem;
        if (Provider == PaymentProviderKind.Stripe)
        {
            foreach (var problem in Stripe.Problems())
                yield return problem;
        }
    }
}

/// <summary>Who moves the money.</summary>
public enum PaymentProviderKind
{
    /// <summary>Answers like Stripe's test cards; no money moves.</summary>
    Simulated,
    /// <summary>Stripe. It needs an API key and a webhook secret.</summary>
    Stripe,
}

/// <summary>When the money is taken.</summary>
public enum CaptureMode
{
    /// <summary>At the checkout.</summary>
    Automatic,
    /// <summary>Authorized at the checkout, captured when the order is shipped or by an administrator before that.</summary>
    Manual,
}
