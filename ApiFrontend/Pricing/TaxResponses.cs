using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A zone of taxes or of shipping.</summary>
internal sealed record ZoneResponse : RuleResponse
{
    private readonly Zone zone;

    public ZoneResponse(StoredRule stored) : base(stored) => zone = (Zone)stored.Rule.Content;

    /// <summary>The name for administrators and for summaries of taxes.</summary>
    public string Name => zone.Name;

    /// <summary>The parts of the world that belong to it.</summary>
    public ImmutableArray<ZoneArea> Areas => zone.Areas;
}

/// <summary>A tax rate for one category of products and shipping methods in one zone.</summary>
internal sealed record TaxRateResponse : RuleResponse
{
    private readonly TaxRate rate;

    public TaxRateResponse(StoredRule stored) : base(stored) => rate = (TaxRate)stored.Rule.Content;

    /// <summary>The name that stands on invoices.</summary>
    public string Name => rate.Name;

    /// <summary>The id of its tax zone.</summary>
    public string ZoneId => rate.ZoneId;

    /// <summary>The tax category.</summary>
    public string Category => rate.Category;

    /// <summary>The rate in parts per million: 88,750 is 8.875 %.</summary>
    public int Ppm => rate.Ppm;

    /// <summary>True for a rate that is charged on the price and on the taxes before it.</summary>
    public bool IsCompound => rate.IsCompound;

    /// <summary>Its place among the rates of a line; lower numbers come first.</summary>
    public int Position => rate.Position;

    /// <summary>The first moment at which it applies; null for no limit.</summary>
    public DateTimeOffset? From => rate.From;

    /// <summary>The first moment at which it no longer applies; null for no limit.</summary>
    public DateTimeOffset? To => rate.To;
}

/// <summary>How taxes are computed.</summary>
internal sealed record TaxSettingsResponse
{
    private readonly StoredRule stored;

    public TaxSettingsResponse(StoredRule stored) => this.stored = stored;

    private TaxSettings Settings => (TaxSettings)stored.Rule.Content;

    /// <summary>Where taxes are rounded.</summary>
    public TaxRounding Rounding => Settings.Rounding;

    /// <summary>The currencies whose prices include tax. Tax is added to the prices of all others.</summary>
    public ImmutableArray<string> TaxInsideCurrencies => Settings.TaxInsideCurrencies;

    /// <summary>When they were last changed; null for those of the configuration.</summary>
    public DateTimeOffset? ChangedAt => stored.ChangedAt;
}
