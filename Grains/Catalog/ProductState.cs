using System.Text.RegularExpressions;
using SoonShop.Aggregates;
using SoonShop.Media;
using SoonShop.Pricing;

namespace SoonShop.Catalog;

/// <summary>The rules of a product.</summary>
public sealed partial record ProductState
{
    /// <summary>The SKU.</summary>
    public required string Sku { get; init; }
    /// <summary>The content that an administrator entered.</summary>
    public required ProductContent Content { get; init; }
    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>True when it has ever been on sale; null in states of versions that did not store this.</summary>
    public bool? Published { get; init; }

    /// <summary>What it cost in each currency, as far as the lowest price of 30 days depends on it; see <see cref="BasePrices"/>.</summary>
    public ImmutableArray<PricePoint> PriceHistory { get; init; } = [];

    /// <summary>True while it has never been on sale.</summary>
    public bool IsDraft => !Content.Active && Published == false;

    /// <summary>
    /// Completes a state that an older version wrote. A product that has been inactive since its first version is a draft. One that has
    /// changed since may have been on sale.
    /// </summary>
    public ProductState At(int version) => Published is null ? this with { Published = Content.Active || version > 1 } : this;

    /// <summary>Creates a product.</summary>
    public static Decision<ProductState> Create(string sku, ProductContent content, string currency, DateTimeOffset now)
    {
        content = WithoutUnusedAlts(Complete(content, null));
        if (Problems(content, currency) is { Count: > 0 } problems)
            return Error.Invalid(problems);
        if (Problems(content.Prices, currency) is { Count: > 0 } wrong)
            return Error.Invalid(wrong);
        return Decision<ProductState>.To(
            new ProductState
            {
                Sku = sku,
                Content = content,
                CreatedAt = now,
                Published = content.Active,
                PriceHistory = BasePrices.Extend([], now, [], PricesOf(content), now),
            },
            new ProductCreated(sku, content.Name, content.Category, content.Price));
    }

    /// <summary>
    /// Replaces the content. Unchanged texts are not validated, because they may be older than a rule; prices always are.
    /// </summary>
    public Decision<ProductState> Update(ProductContent content, string currency, DateTimeOffset now)
    {
        content = WithoutUnusedAlts(Complete(content, Content)) with { Prices = Content.Prices };
        if (Problems(content, currency, Content) is { Count: > 0 } problems)
            return Error.Invalid(problems);
        if (SameAs(content))
            return Decision<ProductState>.NoChange(this);
        var events = new List<Events.IShopEvent>();
        if (content.Price != Content.Price)
            events.Add(new ProductPriceChanged(Sku, Content.Price, content.Price));
        if (content.Active != Content.Active)
            events.Add(content.Active ? new ProductRestored(Sku) : new ProductArchived(Sku));
        if (!SameAs(content with { Price = Content.Price, Active = Content.Active }, Content with { }))
            events.Add(new ProductUpdated(Sku, content.Name, content.Category));
        return Decision<ProductState>.To(With(content, now), events);
    }

    /// <summary>Adds what a front end of an older version does not send: in its messages, these members are not set at all.</summary>
    private static ProductContent Complete(ProductContent content, ProductContent? current) =>
        content.TaxCategory is not null ? content : content with
        {
            WeightGrams = current?.WeightGrams ?? 0,
            SizeClass = current?.SizeClass,
            TaxCategory = current?.TaxCategory ?? TaxCategory.Standard,
            RequiresShipping = current?.RequiresShipping ?? true,
            Prices = current?.Prices ?? [],
            CompareAtPrice = current?.CompareAtPrice,
            Barcode = current?.Barcode,
            Cost = current?.Cost,
            Options = current?.Options ?? [],
            Position = current?.Position ?? 0,
            Columns = current?.Columns ?? content.Columns,
            ImageAlts = current?.ImageAlts ?? content.ImageAlts,
            PublishAt = content.Active ? null : current?.PublishAt,
        };

    /// <summary>Removes what images show that the product no longer has.</summary>
    private static ProductContent WithoutUnusedAlts(ProductContent content) => content.ImageAlts.Keys.All(content.Images.Contains)
        ? content
        : content with { ImageAlts = content.ImageAlts.RemoveRange(content.ImageAlts.Keys.Where(url => !content.Images.Contains(url))) };

    /// <summary>Replaces the prices beside the one in the shop's currency.</summary>
    public Decision<ProductState> SetPrices(ImmutableArray<ProductPrice> prices, string currency, DateTimeOffset now)
    {
        if (Problems(prices, currency) is { Count: > 0 } problems)
            return Error.Invalid(problems);
        return Content.Prices.SequenceEqual(prices)
            ? Decision<ProductState>.NoChange(this)
            : Decision<ProductState>.To(With(Content with { Prices = prices }, now), new ProductPricesChanged(Sku, prices));
    }

    /// <summary>Takes the product off sale, also what was to go on sale later.</summary>
    public Decision<ProductState> Archive(DateTimeOffset now) => Content.Active || Content.PublishAt is not null
        ? Decision<ProductState>.To(With(Content with { Active = false, PublishAt = null }, now), new ProductArchived(Sku))
        : Decision<ProductState>.NoChange(this);

    /// <summary>Puts the product on sale when its time has come. Does nothing if it is on sale, or has another time now.</summary>
    public Decision<ProductState> Publish(DateTimeOffset publishAt, DateTimeOffset now) => !Content.Active && Content.PublishAt == publishAt
        ? Decision<ProductState>.To(With(Content with { Active = true, PublishAt = null }, now), new ProductRestored(Sku))
        : Decision<ProductState>.NoChange(this);

    /// <summary>Returns what is wrong with the prices beside the one in the shop's currency, by field.</summary>
    private static Dictionary<string, ErrorText[]> Problems(ImmutableArray<ProductPrice> prices, string currency)
    {
        var problems = PricingRulesValidator.Check(prices).ToDictionary();
        for (var i = 0; i < prices.Length; i++)
        {
            if (prices[i] is { ListId: null, MinQuantity: <= 1, From: null, To: null } price && price.Currency == currency)
            {
                problems[$"prices[{i}].currency"] =
                    [ErrorText.Of("field.base-price", $"must not be {currency} for a base price; set the price of the product instead")];
            }
        }
        return problems;
    }

    private ProductState With(ProductContent content, DateTimeOffset now) => this with
    {
        Content = content,
        Published = Content.Active || content.Active ? true : Published,
        PriceHistory = BasePrices.Extend(PriceHistory, CreatedAt, PricesOf(Content), PricesOf(content), now),
    };

    /// <summary>Returns all prices, the one in the shop's currency first.</summary>
    private static ImmutableArray<ProductPrice> PricesOf(ProductContent content) =>
        [new ProductPrice(content.Price.Currency, content.Price.Amount) { CompareAt = content.CompareAtPrice?.Amount }, .. content.Prices];

    /// <summary>True when <paramref name="content"/> is equal.</summary>
    public bool SameAs(ProductContent content) => SameAs(content, Content);

    internal static bool SameAs(ProductContent a, ProductContent b) =>
        a with
        {
            Attributes = b.Attributes,
            Images = b.Images,
            Prices = b.Prices,
            Options = b.Options,
            Columns = b.Columns,
            ImageAlts = b.ImageAlts,
        } == b with { Prices = b.Prices, Options = b.Options, Columns = b.Columns, ImageAlts = b.ImageAlts }
        && a.Images.SequenceEqual(b.Images)
        && a.Prices.SequenceEqual(b.Prices)
        && a.Options.SequenceEqual(b.Options)
        && a.Columns.SequenceEqual(b.Columns)
        && a.ImageAlts.SequenceEqual(b.ImageAlts)
        && a.Attributes.Count == b.Attributes.Count
        && a.Attributes.All(pair => b.Attributes.TryGetValue(pair.Key, out var value) && value == pair.Value);

    /// <summary>Returns the product as the shop shows it.</summary>
    public Product ToView(Availability availability, int version, DateTimeOffset now) => new(
        Sku, Content.Name, Content.Description, Content.Category, Content.Family, Content.Price, Content.Attributes,
        Content.Images, Content.Active, Content.Active ? availability : Availability.OutOfStock)
    {
        Version = version,
        IsDraft = IsDraft,
        WeightGrams = Content.WeightGrams,
        SizeClass = Content.SizeClass,
        TaxCategory = Content.TaxCategory,
        RequiresShipping = Content.RequiresShipping,
        Prices = Content.Prices,
        CompareAtPrice = Content.CompareAtPrice,
        Barcode = Content.Barcode,
        Cost = Content.Cost,
        Options = Content.Options,
        Position = Content.Position,
        Columns = Content.Columns,
        ImageAlts = Content.ImageAlts,
        PublishAt = Content.PublishAt,
        CurrentPrices = BasePrices.Current(PricesOf(Content), PriceHistory, now),
        PricesChangeAt = BasePrices.NextChange(Content.Prices, now),
    };

    /// <summary>Returns the data that carts and orders need.</summary>
    public PriceOffer ToOffer() => new(Sku, Content.Name, Content.Price, Content.Active)
    {
        IsDraft = IsDraft,
        Product = new PricedProduct
        {
            Sku = Sku,
            Category = Content.Category,
            Attributes = Content.Attributes,
            Prices = PricesOf(Content),
            WeightGrams = Content.WeightGrams,
            SizeClass = Content.SizeClass,
            TaxCategory = Content.TaxCategory,
            RequiresShipping = Content.RequiresShipping,
        },
    };

    /// <summary>Returns what is wrong with the content, by field.</summary>
    /// <param name="content">The new content.</param>
    /// <param name="currency">The shop's currency.</param>
    /// <param name="known">The current content; null for a new product.</param>
    private static Dictionary<string, ErrorText[]> Problems(ProductContent content, string currency, ProductContent? known = null)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        void Check(string field, bool good, ErrorText text)
        {
            if (!good)
                errors[field] = [text];
        }
        Check("name", content.Name == known?.Name
            || (content.Name.Length <= 200 && !string.IsNullOrWhiteSpace(content.Name) && Text.IsLine(content.Name)),
            ErrorText.Of("field.name", "must be 1–200 characters without control characters"));
        Check("description", content.Description == known?.Description
            || (content.Description.Length <= 5000 && Text.IsClean(content.Description)),
            ErrorText.Of("field.description", "must be at most 5,000 characters without control characters"));
        Check("category", content.Category == known?.Category
            || (content.Category.Length <= 100 && CategoryPattern.IsMatch(content.Category)),
            ErrorText.Of("field.category", "must be one to four slugs of a–z, 0–9 and -, joined by /"));
        Check("family", content.Family is null || content.Family == known?.Family || Slug.IsValid(content.Family),
            ErrorText.Of("field.slug", "must be a slug of a–z, 0–9 and -"));
        var step = Currencies.ChargeStep(currency);
        void CheckAmount(string field, Money? amount)
        {
            Check(
                $"{field}.amount", amount is null
                    || (amount.Value.Amount is >= 0 and <= ProductContent.MaxPrice && amount.Value.Amount % step == 0),
                step > 1 ? ErrorText.Of("field.price-steps", $"must be 0–{ProductContent.MaxPrice} minor units, in steps of {step}")
                    : ErrorText.Of("field.price", $"must be 0–{ProductContent.MaxPrice} minor units"));
            Check($"{field}.currency", amount is null || amount.Value.Currency == currency, ErrorText.Of(
                "field.currency", $"must be {currency}, the shop's currency"));
        }
        CheckAmount("price", content.Price);
        CheckAmount("compareAtPrice", content.CompareAtPrice);
        CheckAmount("cost", content.Cost);
        Check("barcode", content.Barcode is null || (content.Barcode.Length is >= 1 and <= 50 && Text.IsLine(content.Barcode)),
            ErrorText.Of("field.barcode", "must be 1–50 characters on one line"));
        Check("options", content.Options.Length <= ProductGroupState.MaxOptions
            && content.Options.All(o => o.Name is { Length: >= 1 and <= ProductGroupState.MaxText } && Text.IsLine(o.Name)
                && o.Value is { Length: >= 1 and <= ProductGroupState.MaxText } && Text.IsLine(o.Value))
            && content.Options.DistinctBy(o => o.Name, StringComparer.OrdinalIgnoreCase).Count() == content.Options.Length,
            ErrorText.Of(
                "field.options", $"must be at most {ProductGroupState.MaxOptions} with different names, each of 1–255 characters"));
        Check("columns", ProductGroupState.AreColumns(content.Columns),
            ErrorText.Of("field.columns", "must be at most 200, with names of 1–255 and values of up to 5,000 characters"));
        Check(
            "publishAt", content.PublishAt is null || !content.Active, ErrorText.Of(
                "field.publish-at", "must be empty for a product that is on sale"));
        Check("position", content.Position is >= 0 and <= ProductContent.MaxPosition,
            ErrorText.Of("field.whole-range", $"must be 0–{ProductContent.MaxPosition}"));
        Check("attributes", content.Attributes.Count <= 50
            && content.Attributes.All(a => known?.Attributes.Contains(a) == true
                || (a.Key.Length is >= 1 and <= 50 && a.Value is { Length: <= 500 } && Text.IsLine(a.Key) && Text.IsLine(a.Value))),
            ErrorText.Of("field.attributes", "must be at most 50, with names of 1–50 and values of up to 500 characters"));
        Check("images", content.Images.Length <= 20
            && content.Images.All(i => known?.Images.Contains(i) == true || IsImage(i)),
            ErrorText.Of("field.images", "must be at most 20 uploaded images or absolute http or https URLs"));
        Check("media", content.ImageAlts.Values.All(alt => alt is { Length: <= ProductGroupState.MaxAlt } && Text.IsClean(alt)),
            ErrorText.Of(
                "field.image-alts", $"must have alt texts of up to {ProductGroupState.MaxAlt} characters without control characters"));
        Check("weightGrams", content.WeightGrams is >= 0 and <= ProductContent.MaxWeightGrams,
            ErrorText.Of("field.whole-range", $"must be 0–{ProductContent.MaxWeightGrams}"));
        Check(
            "sizeClass", content.SizeClass is null || Slug.IsValid(content.SizeClass),
            ErrorText.Of("field.slug", "must be a slug of a–z, 0–9 and -"));
        Check("taxCategory", Slug.IsValid(content.TaxCategory), ErrorText.Of("field.slug", "must be a slug of a–z, 0–9 and -"));
        return errors;
    }

    /// <summary>True for an absolute http(s) URL and for the path of an uploaded image.</summary>
    internal static bool IsImage(string? url) =>
        MediaUrl.OfPath(url) is not null || (url is { Length: <= 2000 }
            && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && Text.IsLine(url) && !url.Any(char.IsWhiteSpace));

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*){0,3}\z")]
    private static partial Regex CategoryPattern { get; }
}

/// <summary>The fields of a product that SQL uses; the search indexes are built from them.</summary>
/// <param name="Sku">Found as a whole or by its prefix.</param>
/// <param name="Name">Has the highest weight.</param>
/// <param name="Description">Has the lowest weight.</param>
/// <param name="Category">Filter and facet; its words are searched, too.</param>
/// <param name="Family">Filter.</param>
/// <param name="Attributes">The values, joined to one text.</param>
/// <param name="Price">Minor units.</param>
/// <param name="Active">Only active products are found.</param>
/// <param name="CreatedAt">Used to sort by newest.</param>
/// <param name="PublishAt">When it goes on sale by itself.</param>
public sealed record ProductIndex(
    string Sku, string Name, string Description, string Category, string? Family, string Attributes, long Price, bool Active,
    string CreatedAt, string? PublishAt)
{
    /// <summary>Returns the index of a product.</summary>
    public static ProductIndex Of(ProductState state) => new(
        state.Sku, state.Content.Name, state.Content.Description, state.Content.Category, state.Content.Family,
        string.Join(' ', state.Content.Attributes.Values), state.Content.Price.Amount, state.Content.Active,
        SortableTime.Of(state.CreatedAt), state.Content.PublishAt is { } publishAt ? SortableTime.Of(publishAt) : null);
}
