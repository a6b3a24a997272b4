using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// Many orders are shipped in parcels, cancelled in part and returned at random, each request twice at once, while silos die. A model of
/// each order is kept beside, and compared with orders, stock and refunds in the end.
/// <c>SOONSHOP_FULFILMENT_ORDERS=1000</c> makes more orders.
/// </summary>
[Collection(nameof(Faults))]
public sealed class FulfilmentFaultTests
{
    private const int InFlight = 12;
    private const int Steps = 6;
    private const int Price = 1000;
    private const int Stock = 100_000;

    private static readonly int Orders =
        int.TryParse(Environment.GetEnvironmentVariable("SOONSHOP_FULFILMENT_ORDERS"), out var orders) ? orders : 120;

    [Fact]
    public async Task parcels_cancellations_and_returns_add_up_while_silos_die()
    {
        await using var shop = await Shop.CreateAsync(null, ("Checkout__CheckoutDueSeconds", "2"));
        var otherPorts = (TcpPort.Free(), TcpPort.Free());
        var first = await shop.StartSiloProcessAsync();
        var second = await shop.StartSiloProcessAsync(ports: otherPorts);
        var api = await shop.StartApiAsync();
        var admin = await api.AsAdminAsync();
        string[] skus =
        [
            await admin.CreateProductAsync(price: Price, stock: Stock), await admin.CreateProductAsync(price: Price, stock: Stock),
        ];

        var ended = 0;
        var some = new TaskCompletionSource();
        var more = new TaskCompletionSource();
        using var turns = new SemaphoreSlim(InFlight);
        var working = Task.WhenAll(Enumerable.Range(0, Orders).Select(async number =>
        {
            await turns.WaitAsync();
            try
            {
                var model = await ModelOrder.PlaceAsync(api, admin, skus, new Random(number));
                for (var step = 0; step < Steps && !model.IsCancelled; step++)
                    await model.StepAsync();
                var count = Interlocked.Increment(ref ended);
                (count == Orders / 4 ? some : count == Orders / 2 ? more : null)?.SetResult();
                return model;
            }
            finally
            {
                turns.Release();
            }
        }));
        await Task.WhenAny(some.Task, working).EndsAsync("the first orders", TimeSpan.FromMinutes(5));
        await second.KillAsync();
        await shop.StartSiloProcessAsync(ports: otherPorts);
        await Task.WhenAny(more.Task, working).EndsAsync("more orders", TimeSpan.FromMinutes(5));
        await first.KillAsync();
        await InvariantChecker.AssertInvariantsAsync(shop);
        var models = await working;

        await InvariantChecker.AssertBalanceAsync(shop, [.. models.Select(m => m.Buyer.OrderId)]);
        foreach (var model in models)
            await model.AssertAsync();
        foreach (var (index, sku) in skus.Index())
        {
            var stock = await Buyer.AskAsync(() => admin.GetAsync($"/inventory/{sku}"));
            Assert.Equal(
                (Stock - models.Sum(m => m.Shipped[index] - m.Restocked[index]), models.Sum(m => m.ToShip(index))),
                (stock.Number("onHand"), stock.Number("reserved")));
        }
        TestContext.Current.SendDiagnosticMessage(
            "{0} orders, {1} parcels, {2} units cancelled, {3} units returned.", Orders, models.Sum(m => m.Parcels),
            models.Sum(m => m.Cancelled.Sum()), models.Sum(m => m.Arrived.Sum()));
    }

    /// <summary>What must be true of one order, by the requests that were granted.</summary>
    private sealed class ModelOrder(Buyer buyer, ApiClient admin, string[] skus, int[] ordered, Random random)
    {
        public Buyer Buyer => buyer;
        public int[] Shipped { get; } = new int[skus.Length];
        public int[] Cancelled { get; } = new int[skus.Length];
        public int[] Arrived { get; } = new int[skus.Length];
        public int[] Restocked { get; } = new int[skus.Length];
        public int Parcels { get; private set; }
        public bool IsCancelled { get; private set; }

        private string Place => $"/orders/{buyer.OrderId}";

        public int ToShip(int index) => IsCancelled ? 0 : ordered[index] - Shipped[index] - Cancelled[index];

        public static async Task<ModelOrder> PlaceAsync(ApiClient api, ApiClient admin, string[] skus, Random random)
        {
            var buyer = await Buyer.ArriveAsync(api);
            int[] ordered = [.. skus.Select(_ => random.Next(1, 4))];
            foreach (var (index, sku) in skus.Index())
                Expect.Status(200, await Buyer.AskAsync(() => buyer.Guest.FillCartAsync(sku, ordered[index])));
            Expect.Status(201, await buyer.OrderAsync());
            return new ModelOrder(buyer, admin, skus, ordered, random);
        }

        public Task StepAsync()
        {
            var index = random.Next(skus.Length);
            return random.Next(4) switch
            {
                0 => CancelAsync(index),
                1 => ReturnAsync(index),
                _ => ShipAsync(index),
            };
        }

        public async Task AssertAsync()
        {
            var order = Expect.Status(200, await Buyer.AskAsync(() => buyer.Guest.GetAsync(Place)));
            var refunded = Price * (Cancelled.Sum() + Arrived.Sum());
            foreach (var (index, sku) in skus.Index())
            {
                int Units(string path) => order[path]?.AsArray()
                    .Where(u => u!["sku"]!.GetValue<string>() == sku).Sum(u => u!["quantity"]!.GetValue<int>()) ?? 0;
                var shipped = order["shipments"]!.AsArray().SelectMany(s => s!["lines"]!.AsArray())
                    .Where(u => u!["sku"]!.GetValue<string>() == sku).Sum(u => u!["quantity"]!.GetValue<int>());
                // A cancelled order does not say again that its units are cancelled.
                Assert.Equal(
                    (ToShip(index), Shipped[index], IsCancelled ? 0 : Cancelled[index]),
                    (Units("unitsToShip"), shipped, IsCancelled ? 0 : Units("cancelledUnits")));
            }
            if (IsCancelled)
                Assert.Equal(order.Number("total.amount"), order.Number("payment.refunded.amount"));
            else
                Assert.InRange(order.Number("payment.refunded.amount"), refunded, refunded + order.Number("shipping.amount"));
            Assert.True(order.Number("payment.refunded.amount") <= order.Number("payment.captured.amount"));
        }

        private async Task ShipAsync(int index)
        {
            if (ToShip(index) is var left && left == 0)
                return;
            var units = random.Next(1, left + 1);
            await TwiceAsync(admin, $"/admin{Place}/shipments", 201, new
            {
                carrier = "Turtle Post",
                trackingNumber = $"TP-{++Parcels}",
                lines = new[] { new { sku = skus[index], quantity = units } },
            });
            Shipped[index] += units;
        }

        private async Task CancelAsync(int index)
        {
            if (ToShip(index) is var left && left == 0)
                return;
            var units = random.Next(1, left + 1);
            await TwiceAsync(buyer.Guest, $"{Place}/cancel", 200, new { lines = new[] { new { sku = skus[index], quantity = units } } });
            Cancelled[index] += units;
            IsCancelled = Shipped.Sum() == 0 && ordered.Sum() == Cancelled.Sum();
        }

        private async Task ReturnAsync(int index)
        {
            if (Shipped[index] - Arrived[index] is var left && left == 0)
                return;
            var (units, damaged) = (random.Next(1, left + 1), random.Next(2));
            var lines = new[] { new { sku = skus[index], quantity = units, reason = "other" } };
            var requested = await TwiceAsync(buyer.Guest, $"{Place}/returns", 201, new { lines });
            var place = $"/admin{Place}/returns/{requested["returns"]!.AsArray()[^1]!["id"]!.GetValue<string>()}";
            await TwiceAsync(admin, $"{place}/approve", 200, null);
            await TwiceAsync(
                admin, $"{place}/receive", 200, new { lines = new[] { new { sku = skus[index], good = units - damaged, damaged } } });
            await TwiceAsync(admin, $"{place}/refund", 200, new { includeShipping = false });
            Arrived[index] += units;
            Restocked[index] += units - damaged;
        }

        /// <summary>Sends a request twice at once, each until it is answered. Both get the same answer.</summary>
        private static async Task<Reply> TwiceAsync(ApiClient client, string path, int status, object? body)
        {
            var key = Guid.NewGuid().ToString();
            var replies = await Task.WhenAll(
                Enumerable.Range(0, 2).Select(_ => Buyer.AskAsync(() => client.PostAsync(path, body, key))));
            Assert.All(replies, reply => Expect.Status(status, reply));
            return replies[0];
        }
    }
}
