using System.Collections.Concurrent;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// Many orders over three locations are shipped in parcels, moved, cancelled in part, returned and exchanged at random, and stock is
/// transferred, each request twice at once, while silos die. A model of each order and of the stock is kept beside, and compared in the
/// end. <c>SOONSHOP_FULFILMENT_ORDERS=1000</c> makes more orders.
/// </summary>
[Collection(nameof(Faults))]
public sealed class FulfilmentFaultTests
{
    private const int InFlight = 12;
    private const int Steps = 6;
    private const int Price = 1000;
    private const int Stock = 100_000;
    private static readonly string[] Locations = ["default", "berlin", "bonn"];

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
        foreach (var location in Locations[1..])
            Expect.Status(201, await admin.PostAsync("/admin/locations", new { id = location, name = location }));
        // Each product is at two of the three locations, so that most orders need two.
        var stock = new ModelStock(admin, [.. await Task.WhenAll(Locations.Select(_ => admin.CreateProductAsync(price: Price, stock: 0)))]);
        await stock.FillAsync(Stock);
        // Carts on both silos know the new locations.
        await Until.TrueAsync("the locations sell", TimeSpan.FromSeconds(60), async () =>
        {
            var guests = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => api.AsGuestAsync()));
            var replies = await Task.WhenAll(guests.SelectMany(g => stock.Skus.Select(sku => g.FillCartAsync(sku))));
            return replies.All(r => (int)r.Status == 200);
        });
        var skus = stock.Skus;

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
                if (number % 3 == 0)
                    await stock.TransferAsync(new Random(number));
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

        await InvariantChecker.AssertBalanceAsync(
            shop, [.. models.Select(m => m.Buyer.OrderId), .. models.SelectMany(m => m.NewOrders)]);
        foreach (var model in models)
            await model.AssertAsync();
        foreach (var (index, sku) in skus.Index())
        {
            var level = await Buyer.AskAsync(() => admin.GetAsync($"/inventory/{sku}"));
            Assert.Equal(0, level.Number("inTransit"));
            foreach (var at in level["locations"]!.AsArray())
            {
                var location = at!["location"]!.GetValue<string>();
                Assert.Equal(
                    (stock.Of(sku, location) + models.Sum(m => m.Moved(index, location)), models.Sum(m => m.ReservedAt(index, location))),
                    (at["onHand"]!.GetValue<int>(), at["reserved"]!.GetValue<int>()));
            }
        }
        TestContext.Current.SendDiagnosticMessage(
            "{0} orders, {1} from several locations, {2} parcels, {3} units cancelled, {4} moved, {5} returned, {6} transfers, "
                + "{7} exchanges.", Orders,
            models.Count(m => m.IsSplit), models.Sum(m => m.Parcels), models.Sum(m => m.Cancelled.Sum()), models.Sum(m => m.Moves),
            models.Sum(m => m.Arrived.Sum()), stock.Transfers, models.Sum(m => m.NewOrders.Count));
    }

    /// <summary>What must be true of one order, by the requests that were granted.</summary>
    private sealed class ModelOrder(Buyer buyer, ApiClient admin, string[] skus, int[] ordered, Random random)
    {
        public Buyer Buyer => buyer;
        public int[] Shipped { get; } = new int[skus.Length];
        public int[] Cancelled { get; } = new int[skus.Length];
        public int[] Arrived { get; } = new int[skus.Length];
        public int Parcels { get; private set; }
        public int Moves { get; private set; }
        public bool IsSplit { get; private set; }
        public bool IsCancelled { get; private set; }

        /// <summary>The new orders of exchanges. Nothing happens to them.</summary>
        public List<Guid> NewOrders { get; } = [];

        /// <summary>Units that are left to ship, by product and location.</summary>
        private readonly Dictionary<(int Index, string Location), int> held = [];

        /// <summary>Units that came back less those that were shipped, by product and location.</summary>
        private readonly Dictionary<(int Index, string Location), int> moved = [];

        /// <summary>Units that new orders hold, by product and location.</summary>
        private readonly Dictionary<(int Index, string Location), int> exchanged = [];

        public int HeldAt(int index, string location) => IsCancelled ? 0 : held.GetValueOrDefault((index, location));

        public int Moved(int index, string location) => moved.GetValueOrDefault((index, location));

        /// <summary>Units that are reserved at a location, also for new orders.</summary>
        public int ReservedAt(int index, string location) => HeldAt(index, location) + exchanged.GetValueOrDefault((index, location));

        private string Place => $"/orders/{buyer.OrderId}";

        public int ToShip(int index) => IsCancelled ? 0 : ordered[index] - Shipped[index] - Cancelled[index];

        public static async Task<ModelOrder> PlaceAsync(ApiClient api, ApiClient admin, string[] skus, Random random)
        {
            var buyer = await Buyer.ArriveAsync(api);
            int[] ordered = [.. skus.Select(_ => random.Next(1, 4))];
            foreach (var (index, sku) in skus.Index())
                Expect.Status(200, await Buyer.AskAsync(() => buyer.Guest.FillCartAsync(sku, ordered[index])));
            Expect.Status(201, await buyer.OrderAsync());
            var model = new ModelOrder(buyer, admin, skus, ordered, random);
            await model.ReadHeldAsync();
            model.IsSplit = model.held.Keys.Select(k => k.Location).Distinct().Count() > 1;
            return model;
        }

        /// <summary>Reads where the shop has reserved the units. In all they are those of the model.</summary>
        private async Task ReadHeldAsync()
        {
            var order = Expect.Status(200, await Buyer.AskAsync(() => admin.GetAsync(Place)));
            held.Clear();
            foreach (var at in order["allocations"]?.AsArray() ?? [])
            {
                held[(skus.IndexOf(at!["sku"]!.GetValue<string>()), at["location"]!.GetValue<string>())] =
                    at["quantity"]!.GetValue<int>();
            }
            foreach (var index in Enumerable.Range(0, skus.Length))
                Assert.Equal(ToShip(index), held.Where(h => h.Key.Index == index).Sum(h => h.Value));
        }

        private string? HeldSomewhere(int index) => held.Where(h => h.Key.Index == index && h.Value > 0).Select(h => h.Key.Location)
            .Order(StringComparer.Ordinal).ElementAtOrDefault(random.Next(2)) is { } some ? some
            : held.FirstOrDefault(h => h.Key.Index == index && h.Value > 0).Key.Location;

        public Task StepAsync()
        {
            var index = random.Next(skus.Length);
            return random.Next(5) switch
            {
                0 => CancelAsync(index),
                1 => ReturnAsync(index),
                2 => MoveAsync(index),
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
            if (HeldSomewhere(index) is not { } location)
                return;
            var units = random.Next(1, HeldAt(index, location) + 1);
            await TwiceAsync(admin, $"/admin{Place}/shipments", 201, new
            {
                carrier = "Turtle Post",
                trackingNumber = $"TP-{++Parcels}",
                lines = new[] { new { sku = skus[index], quantity = units } },
                location,
            });
            Shipped[index] += units;
            held[(index, location)] -= units;
            moved[(index, location)] = Moved(index, location) - units;
        }

        private async Task MoveAsync(int index)
        {
            if (HeldSomewhere(index) is not { } from)
                return;
            var to = Locations.Where(l => l != from).ElementAt(random.Next(2));
            var units = random.Next(1, HeldAt(index, from) + 1);
            var key = Guid.NewGuid().ToString();
            var body = new { sku = skus[index], quantity = units, from, to };
            var replies = await Task.WhenAll(
                Enumerable.Range(0, 2).Select(_ => Buyer.AskAsync(() => admin.PostAsync($"/admin{Place}/move-units", body, key))));
            Assert.Equal(replies[0].Status, replies[1].Status);
            // A location that has none of the product does not take the units over.
            if ((int)replies[0].Status == 409)
            {
                Expect.Problem(409, "out-of-stock", replies[0]);
                return;
            }
            Expect.Status(200, replies[0]);
            Moves++;
            held[(index, from)] -= units;
            held[(index, to)] = HeldAt(index, to) + units;
        }

        private async Task CancelAsync(int index)
        {
            if (ToShip(index) is var left && left == 0)
                return;
            var units = random.Next(1, left + 1);
            await TwiceAsync(buyer.Guest, $"{Place}/cancel", 200, new { lines = new[] { new { sku = skus[index], quantity = units } } });
            Cancelled[index] += units;
            IsCancelled = Shipped.Sum() == 0 && ordered.Sum() == Cancelled.Sum();
            if (!IsCancelled)
                await ReadHeldAsync();
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
            var location = Locations[random.Next(Locations.Length)];
            await TwiceAsync(admin, $"{place}/receive", 200, new
            {
                lines = new[] { new { sku = skus[index], good = units - damaged, damaged, location } },
            });
            if (random.Next(3) == 0)
                await ExchangeAsync(place, units);
            else
                await TwiceAsync(admin, $"{place}/refund", 200, new { includeShipping = false });
            Arrived[index] += units;
            moved[(index, location)] = Moved(index, location) + units - damaged;
        }

        /// <summary>Exchanges a return for as many units of any product at most. What they do not cost is refunded.</summary>
        private async Task ExchangeAsync(string place, int units)
        {
            var (other, quantity) = (random.Next(skus.Length), random.Next(1, units + 1));
            var lines = new[] { new { sku = skus[other], quantity } };
            var done = await TwiceAsync(admin, $"{place}/exchange", 201, new { lines });
            var exchange = done["exchanges"]!.AsArray()[^1]!;
            Assert.Equal(
                (Price * units, Price * quantity),
                (exchange["value"]!["amount"]!.GetValue<int>(), exchange["credit"]!["amount"]!.GetValue<int>()));
            var id = exchange["orderId"]!.GetValue<string>();
            NewOrders.Add(Guid.Parse(id));
            var placed = Expect.Status(200, await Buyer.AskAsync(() => admin.GetAsync($"/orders/{id}")));
            Assert.Equal(("confirmed", Price * quantity), (placed.Text("status"), placed.Number("payment.captured.amount")));
            foreach (var at in placed["allocations"]!.AsArray())
            {
                var key = (other, at!["location"]!.GetValue<string>());
                exchanged[key] = exchanged.GetValueOrDefault(key) + at["quantity"]!.GetValue<int>();
            }
        }
    }

    /// <summary>The stock besides what orders do: what was delivered, and what transfers have moved.</summary>
    private sealed class ModelStock(ApiClient admin, string[] skus)
    {
        private readonly ConcurrentDictionary<(string Sku, string Location), int> onHand = new();
        private int transfers;

        public string[] Skus => skus;
        public int Transfers => transfers;

        public int Of(string sku, string location) => onHand.GetValueOrDefault((sku, location));

        public async Task FillAsync(int units)
        {
            for (var i = 0; i < skus.Length; i++)
            {
                foreach (var location in new[] { Locations[i], Locations[(i + 1) % Locations.Length] })
                {
                    Expect.Status(201, await admin.PostAsync(
                        $"/inventory/{skus[i]}/adjustments", new { delta = units, reason = "delivery", location }));
                    onHand[(skus[i], location)] = units;
                }
            }
        }

        /// <summary>Sends a few units of each product to where it is, too, and receives, loses or cancels them.</summary>
        public async Task TransferAsync(Random random)
        {
            var i = random.Next(skus.Length);
            var (from, to) = (Locations[i], Locations[(i + 1) % Locations.Length]);
            if (random.Next(2) == 0)
                (from, to) = (to, from);
            var (units, lost) = (random.Next(2, 6), random.Next(2));
            var sent = await TwiceAsync(
                admin, "/admin/stock-transfers", 201, new { from, to, lines = new[] { new { sku = skus[i], quantity = units } } });
            var place = $"/admin/stock-transfers/{sent.Text("id")}";
            Interlocked.Increment(ref transfers);
            Add(i, from, -units);
            await TwiceAsync(admin, $"{place}/receive", 200, new { lines = new[] { new { sku = skus[i], received = 1, lost } } });
            Add(i, to, 1);
            var isCancelled = random.Next(2) == 0 && units > 1 + lost;
            var ended = units > 1 + lost
                ? await TwiceAsync(admin, $"{place}/{(isCancelled ? "cancel" : "receive")}", 200, null)
                : await Buyer.AskAsync(() => admin.GetAsync(place));
            Add(i, isCancelled ? from : to, units - 1 - lost);
            Assert.Equal(isCancelled ? "cancelled" : "received", ended.Text("status"));
        }

        private void Add(int index, string location, int units) =>
            onHand.AddOrUpdate((skus[index], location), units, (_, known) => known + units);
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
