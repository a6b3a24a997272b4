using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.ApiKeys;
using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Events;
using SoonShop.Idempotency;
using SoonShop.Inventory;
using SoonShop.Logging;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Payments;
using SoonShop.Pricing;
using SoonShop.Privacy;
using SoonShop.Silo.Storage;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class StateEnvelopeSerializerTests
{
    private static readonly StateEnvelopeSerializer Serializer = new(new StateSerializer(new OtherSerializer(), new ShopStateFormat()));

    private static readonly PaymentTerms Terms = new(Given.Customer, Given.Id(5), Given.Usd(2999));

    /// <summary>Of every state type one whose fields are all set; of checkouts both kinds.</summary>
    private static readonly Dictionary<string, object> States = new()
    {
        ["order"] = new CheckoutState("fingerprint", Given.OrderThatIs(OrderStatus.Shipped) with
        {
            Payment = Given.Payment(PaymentStatus.PartiallyRefunded, 100) with { ClientSecret = "secret", DeclineCode = "code" },
            PaymentDeadline = Given.Now,
            Shortages = [new Shortage("MUG", 2, 1)],
            CancelReason = "reason",
            DraftId = Given.Id(7),
            DraftMessage = "message",
            BuyerErased = true,
            Retained = new RetainedBuyer("Ada Lovelace", Given.Address, Given.Now),
        }, null),
        ["refused checkout"] = new CheckoutState("fingerprint", null, new Error(ErrorCode.Conflict, "detail")
        {
            Errors = new Dictionary<string, string[]> { ["Field"] = ["wrong"] },
            OrderId = Given.OrderId,
            Lines = [new Shortage("MUG", 2, 1)],
            RetryAfter = TimeSpan.FromSeconds(5),
            DeclineCode = "code",
        }),
        ["payment"] = new PaymentState
        {
            OrderId = Given.OrderId,
            Terms = Terms,
            Attempts =
            [
                new PaymentAttempt("a", "key/1", "pm_a", AttemptStatus.Declined, "pi_1", "secret", "code", true)
                { AskedAt = Given.Now, Released = true },
                new PaymentAttempt("b", "key/2", "pm_b", AttemptStatus.Captured, "pi_2", null, null, false)
                { Customer = "cus_1", KeepMethod = true, CapturedAmount = 2000 },
            ],
            Capture = new PaymentCapture("c", "key/c", 2000),
            Refunds =
            [
                new Refund("r1", "key/1", 100, "late", "re_1")
                { AskedAt = Given.Now, Status = RefundStatus.Failed, FailureReason = "lost" },
                new Refund("r2", "key/2", 200, "later", null),
            ],
            UnmatchedPayments = [new UnmatchedPayment("pi_3", "key/s", 300, Given.Now)
            {
                RefundReference = "re_3",
                Status = RefundStatus.Failed,
                FailureReason = "lost",
            }],
            Dispute = new ProviderDispute("dp_1", DisputeStatus.Lost, 300, "fraudulent"),
            Closed = true,
        },
        ["payment customer"] = new PaymentCustomer(2, Given.Now, "ada@example.com", "cus_1") { IsErased = true },
        ["inventory"] = new StockState(10, 3, 7, 42),
        ["stock transfer"] = new StockTransferState
        {
            Id = Given.Id(1),
            From = "default",
            To = "berlin",
            Reference = "DN-1",
            Lines = [new StockTransferLine("MUG", 5, 2, 1, 1)],
            Status = StockTransferStatus.Returning,
            CreatedAt = Given.Now,
            EndedAt = Given.Now,
            Receipts = [new TransferReceipt("r1", [new ArrivedUnits("MUG", 2, 1)]) { Done = true }],
            Refusal = ErrorText.Of("error.transfer-sku", $"MUG: none"),
        },
        ["promotion uses"] =
            new PromotionUsesState { Reserved = 1, Committed = 2, Budgets = [new BudgetUse("USD", 100, 200)], Movements = 5 },
        ["promotion codes"] = new PromotionCodesState { Secret = "c2VjcmV0", Batches = [new CodeBatch(Given.Id(1), 0, 1000, Given.Now)] },
        ["search synonyms"] = new SearchSynonymsState
        {
            Version = 2,
            Sets =
            [
                new SynonymEntry(
                    new StoredSynonymSet(new SynonymSet("sofas") { Terms = ["sofa", "couch"] }, 1, Given.Now, Given.Now),
                    ["sofa", "couch"]),
                new SynonymEntry(
                    new StoredSynonymSet(new SynonymSet("tv") { From = ["tv"], To = ["television"] }, 2, Given.Now, Given.Now), ["tv"]),
            ],
        },
        ["product group"] = new ProductGroupState
        {
            Id = "mug",
            Content = new ProductGroupContent
            {
                Name = "Mug",
                Tags = ["steel"],
                Options = ["Size"],
                Media = [new ProductMedia("https://img.example/mug.png", "A mug")],
                Translations = ImmutableSortedDictionary<string, ProductTranslation>.Empty.Add(
                    "zh", new ProductTranslation("杯", null, null, null)),
                Columns = ImmutableSortedDictionary<string, string>.Empty.Add("Gift card", "FALSE"),
            },
        },
        ["cart"] = new CartState
        {
            Lines = [Given.Line() with { PreviousUnitPrice = Given.Usd(900) }, Given.Line("SPOON")],
            IsGuest = true,
            HandedOverTo = Given.Customer,
            Merged = [Given.Id(1)],
            Ordered = [new OrderedCart(Given.Id(2), Given.Now), new OrderedCart(Given.Id(3), Given.Now)],
            OrderedUntil = Given.Now,
            IsErased = true,
        },
        ["product"] = ProductState.Create("MUG", Given.Product() with { Active = false }, "USD", Given.Now).Next(),
        ["user"] = Given.User().OpenSession(Given.Id(1), "one", Given.Now) with
        {
            EmailVerified = true,
            Addresses = [new SavedAddress(Given.Id(3), Given.Address)],
            Sessions = [new Session(Given.Id(1), "digest", ["spent"], Given.Now, Given.Now.AddHours(1), Given.Now.AddDays(1))
            {
                UserAgent = "curl/8",
                Address = "192.0.2.1",
            }],
            Reset = new MailedDigest("digest", Given.Now),
            EmailChange = new EmailChange(
                "New@example.com", "new@example.com", new MailedDigest("confirm", Given.Now), new MailedDigest("stop", Given.Now),
                Given.Id(1)),
            FormerEmail = new FormerEmail(
                "Old@example.com", "old@example.com", Given.Now, new MailedDigest("undo", Given.Now), new MailedDigest("stop", Given.Now),
                new MailedDigest("confirm", Given.Now)),
            ReleasedEmails = ["older@example.com"],
            UndoneBy = new MailedDigest("digest", Given.Now),
            Erasure = new Erasure(Given.Now, "ada@example.com", Given.Now) { OtherEmails = ["old@example.com"] },
        },
        ["email"] = new EmailClaim(Given.Customer, true, Given.Now),
        ["idempotency"] = new IdempotencyRecord(
            "fingerprint", new StoredResponse(201, new Dictionary<string, string> { ["Location"] = "/orders/1" }, [1, 2, 3]), Given.Now),
        ["notification"] = new NotificationState
        {
            Profile = new NotificationProfile("ada@example.com", "Ada", "en-GB"),
            Inbox = [new InboxEntry(
                Given.Id(1), 7, NotificationKind.OrderShipped, "title", "text", Given.OrderId, Given.Now, true, [ChannelName.Email])],
            Entries = 7,
            Wishes = [new NotificationPreference(NotificationKind.OrderShipped, ChannelName.Email, false)],
            IsErased = true,
        },
        ["mail"] = new DeliveryLog
        {
            Recent = [new DeliveryRecord(Given.Id(1), Given.Now, 2, MessageStatus.Failed) { IsSuppressed = true }],
            IsErased = true,
        },
        ["order lookups"] = new OrderLookups(7),
        ["order links"] = new MailedOrderLinks { Recent = [new MailedOrderLink(Given.OrderId, Given.Now)] },
        ["draft order"] = new DraftOrderState
        {
            Id = Given.Id(1),
            Content = new DraftOrderContent
            {
                CustomerId = Given.Customer,
                Email = "ada@example.com",
                Currency = "USD",
                Lines = [new DraftOrderLine("MUG", 2, Given.Usd(700)), new DraftOrderLine("SPOON", 1)],
                ShippingAddress = Given.Address,
                ShippingMethod = "standard",
                ShippingPrice = Given.Usd(250),
                Codes = ["SUMMER"],
                Note = "note",
                Message = "message",
                ValidDays = 7,
            },
            Email = "ada@example.com",
            Total = Given.Usd(2400),
            CreatedAt = Given.Now,
            CreatedBy = "somebody",
            ValidUntil = Given.Now.AddDays(7),
            Status = DraftOrderStatus.Sent,
            Revision = 3,
            SendingBy = "somebody else",
            RejectedOrders = 1,
            OrderId = Given.OrderId,
            Quote = new OrderQuote([], Given.Usd(1), Given.Usd(2), Given.Usd(3), Given.Usd(6)),
            EndedAt = Given.Now,
            BuyerErased = true,
        },
        ["api key"] = new ApiKeyState
        {
            Id = Given.Id(1),
            Name = "warehouse",
            Scopes = ["inventory:read"],
            SecretDigest = "digest",
            CreatedBy = "somebody",
            CreatedAt = Given.Now,
            ExpiresAt = Given.Now.AddDays(1),
            RevokedAt = Given.Now,
            LastUsedAt = Given.Now,
        },
        ["webhook"] = new WebhookState
        {
            Id = Given.Id(1),
            Url = "https://example.com/hook",
            EventTypes = ["order.*"],
            Secret = "secret",
            CreatedAt = Given.Now,
            Deleted = true,
            DisabledAt = Given.Now,
            Failures = 3,
            FailingSince = Given.Now,
            LastError = "error",
            Sent = ["/order/1#2"],
        },
        ["pricing rules"] = PricingRulesState.Of(CheckoutPricing.RulesOf(new CheckoutOptions { TaxBasisPointsRestOfWorld = 0 }) with
        {
            CustomerGroups = [new CustomerGroup { Id = "trade", Name = "Trade", Description = "Shops" }],
        }),
        ["log levels"] = new LogLevelsState(ImmutableDictionary<string, LogDetail>.Empty.Add("SoonShop.Silo", LogDetail.Debug), Given.Now),
    };

    public static TheoryData<string> Names => [.. States.Keys];

    [Theory, MemberData(nameof(Names))]
    public void a_state_comes_back_as_it_was(string name) => ComesBack((dynamic)States[name]);

    [Fact]
    public void the_texts_of_a_stored_refusal_come_back_although_the_api_does_not_show_them()
    {
        var texts = new Dictionary<string, string> { ["zh"] = "九折" };
        var reason = ErrorText.Of("rule.group", "The buyer is not in its customer group.");
        var prices = new PriceSummary(Given.Usd(10), Given.Usd(1), null, null, Given.Usd(9))
        {
            Promotions = [new PromotionDiscount("summer", "Summer", null, Given.Usd(1)) { Texts = texts }],
            RefusedCodes = [new CodeReason("TRADE", reason.English) { Text = reason }],
            Problems = [new PriceProblem("MUG", reason.English) { Text = reason }],
        };

        var stored = JsonSerializer.Serialize(prices, StateJson.Options);
        var read = JsonSerializer.Deserialize<PriceSummary>(stored, StateJson.Options)!;
        Assert.Equal("九折", read.Promotions[0].Texts!["zh"]);
        Assert.Equal(("rule.group", "rule.group"), (read.RefusedCodes[0].Text!.Key, read.Problems[0].Text!.Key));
        Assert.DoesNotContain("九折", JsonSerializer.Serialize(prices, JsonSerializerOptions.Web), StringComparison.Ordinal);
        // As a version before this one stored it.
        var old = JsonSerializer.Deserialize<PriceSummary>(JsonSerializer.Serialize(prices, JsonSerializerOptions.Web), StateJson.Options)!;
        Assert.Equal(("Summer", null), (old.Promotions[0].Name, old.Promotions[0].Texts));
    }

    [Fact]
    public void every_state_type_is_tried()
    {
        var kept = typeof(AggregateGrain<>).Assembly.GetTypes()
            .Where(t => !t.IsAbstract).Select(StateOf).OfType<Type>().Distinct();

        Assert.Equal(kept.Select(t => t.Name).Order(), States.Values.Select(s => s.GetType().Name).Distinct().Order());

        static Type? StateOf(Type? type) =>
            type is null ? null
            : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(AggregateGrain<>) ? type.GetGenericArguments()[0]
            : StateOf(type.BaseType);
    }

    [Fact]
    public void the_frame_holds_state_index_events_and_ledger()
    {
        var frame = Serializer.Serialize(new StateEnvelope<StockState>
        {
            State = new StockState(10, 3, 7, 42),
            Sequence = 6,
            Index = new StockIndex(7, 5),
            Events = [Envelope(5, new CheckoutTimeout(Given.OrderId, Given.Now)), Envelope(6, new InventoryOutOfStock("MUG"))],
            Ledger = [new LedgerRow("MUG", 42, "1/reserve", Given.Now, "Reservation", 3, 10, 3, "order 1")],
        });

        var (state, index, events, ledger) = Parts(frame);

        // What a state derives from itself, such as the units available, is not written.
        Assert.Equal("""{"state":{"onHand":10,"reserved":3,"lowStockThreshold":7,"movements":42},"sequence":6}""", state!.ToJsonString());
        Assert.Equal("""{"available":7,"lowStockThreshold":5}""", index!.ToJsonString());
        Assert.Equal(["/inventory/sku/MUG#5", "/inventory/sku/MUG#6"], events!.AsArray().Select(e => (string)e!["id"]!));
        Assert.Equal(["order.checkout-due", "inventory.out-of-stock"], events.AsArray().Select(e => (string)e!["type"]!));
        Assert.Equal(Given.Now, events[0]!["notBefore"]!.GetValue<DateTimeOffset>());
        Assert.Null(events[1]!["notBefore"]);
        Assert.Equal("""{"sku":"MUG"}""", events[1]!["data"]!.ToJsonString());
        Assert.Equal(("1/reserve", 3), ((string)ledger![0]!["operationId"]!, ledger[0]!["reservedAfter"]!.GetValue<int>()));
    }

    [Fact]
    public void a_part_that_is_not_there_has_no_bytes()
    {
        var (state, index, events, ledger) = Parts(Serializer.Serialize(new StateEnvelope<StockState> { State = StockState.Empty }));

        Assert.NotNull(state);
        Assert.Equal((null, null, null), (index, events, ledger));
    }

    [Fact]
    public void a_property_that_an_older_version_did_not_write_keeps_its_initial_value()
    {
        var cart = Read<CartState>("""{"sequence":3,"state":{"isGuest":true,"fromAnOlderVersion":1}}""");

        Assert.Equal((true, 3), (cart.State!.IsGuest, cart.Sequence));
        Assert.False(cart.State.Lines.IsDefault || cart.State.Merged.IsDefault || cart.State.Ordered.IsDefault);
        Assert.True(Read<ProductState>("""
            {"state":{"sku":"MUG","createdAt":"2026-03-01T09:30:00+00:00","content":{"name":"Mug","description":"","category":"a",
             "price":{"amount":1,"currency":"USD"},"attributes":{},"images":[]}}}
            """).State!.Content.Active);
    }

    [Fact]
    public void what_is_required_is_not_made_up() =>
        Assert.Throws<JsonException>(() => Read<PaymentState>("""{"state":{"closed":true}}"""));

    [Fact]
    public void an_empty_document_has_no_state() => Assert.Null(Read<CartState>("{}").State);

    [Fact]
    public void a_state_that_is_no_document_is_what_the_other_serializer_makes_of_it()
    {
        var frame = Serializer.Serialize(new StockState(10, 3, 7, 42));
        Assert.Equal([OtherSerializer.Bytes.Length, 0, 0, 0], Lengths(frame));
        Assert.Equal(OtherSerializer.Bytes, frame.ToArray()[16..]);
        Assert.Equal(StockState.Empty, Serializer.Deserialize<StockState>(BinaryData.FromBytes(OtherSerializer.Bytes)));
    }

    [Fact]
    public void a_state_that_grew_without_bound_is_not_stored() => Assert.Throws<InvalidOperationException>(() => Serializer.Serialize(
        new StateEnvelope<CheckoutState> { State = new CheckoutState(new string('x', 5_000_000), null, null) }));

    private static void ComesBack<T>(T state) where T : class
    {
        var frame = Serializer.Serialize(new StateEnvelope<T> { State = state, Sequence = 7 });
        var again = Read<T>(Encoding.UTF8.GetString(frame.ToArray(), 16, Lengths(frame)[0]));

        Assert.Equal(7, again.Sequence);
        Assert.Equal(Given.Json(state), Given.Json(again.State));
        // What is never written looks the same in JSON, and is lost.
        Assert.Equivalent(state, again.State, strict: true);
    }

    private static StateEnvelope<T> Read<T>(string json) where T : class =>
        Serializer.Deserialize<StateEnvelope<T>>(BinaryData.FromString(json));

    private static int[] Lengths(BinaryData frame) =>
        [.. Enumerable.Range(0, 4).Select(i => BinaryPrimitives.ReadInt32BigEndian(frame.ToMemory().Span[(4 * i)..]))];

    private static (JsonNode? State, JsonNode? Index, JsonNode? Events, JsonNode? Ledger) Parts(BinaryData frame)
    {
        var lengths = Lengths(frame);
        Assert.Equal(frame.ToMemory().Length, 16 + lengths.Sum());
        var at = 16;
        var parts = lengths.Select(length =>
        {
            var part = length == 0 ? null : JsonNode.Parse(frame.ToMemory().Span.Slice(at, length));
            at += length;
            return part;
        }).ToArray();
        return (parts[0], parts[1], parts[2], parts[3]);
    }

    private static EventEnvelope Envelope(long sequence, IShopEvent data) => new(
        $"/inventory/sku/MUG#{sequence}", "/inventory/sku/MUG", sequence, data.Type, "sku/MUG", "inventory", "MUG",
        Given.Now, data.NotBefore, "correlation", "causation", "00-trace", data);

    private sealed class OtherSerializer : IGrainStorageSerializer
    {
        public static readonly byte[] Bytes = [1, 2, 3];

        public BinaryData Serialize<T>(T? input) => new(Bytes);

        public T Deserialize<T>(BinaryData input) =>
            input.ToArray().SequenceEqual(Bytes) ? (T)(object)StockState.Empty : throw new InvalidOperationException("Not these bytes.");
    }
}
