"""Yes, no or neither, decided by a plain sentence."""

from __future__ import annotations

import pytest

from qa.answering.sentences.yes_no import polarity


@pytest.mark.parametrize(
    ("question", "sentence", "decided"),
    [
        ("Can the bread be frozen?", "The bread can be frozen for up to three months.", True),
        ("Is smoking allowed in the yard?", "Smoking is forbidden in the yard.", False),
        ("May the tenant keep a dog?", "The tenant may keep a cat but no dog.", False),
        ("May the tenant keep a cat?", "The tenant may keep a cat but no dog.", True),
        ("Was the lid damaged?", "The lid was not damaged.", False),
        ("Has the loft been converted?", "The loft is boarded but has not been converted.", False),
        ("Is the route suitable for prams?", "The route is unsuitable for prams.", False),
        ("Is the route unsuitable for prams?", "The route is unsuitable for prams.", True),
        ("Is the path even?", "The path is not uneven.", None),
        ("Is the loft boarded?", "The loft is boarded but has not been converted.", True),
        ("Isn't the hall open?", "The hall is open.", True),
        ("Is alcohol forbidden?", "Alcohol is not forbidden.", False),
        ("Did the price rise?", "The price fell.", False),
        ("Did she sell the house?", "She wanted to sell the house.", None),
        ("Are dogs admitted?", "Dogs are admitted only in the garden.", None),
        ("Were all locks built?", "Seven locks were built.", None),
        ("Is it more than 20 miles long?", "It is 12 miles long.", False),
        ("Does the tower weigh more than 5 tonnes?", "The tower weighs 5,200 kg.", True),
        ("Did it open before 1900?", "The museum opened in 1912.", False),
        ("Are lorries of more than 20 tonnes carried?", "Lorries over 20 tonnes are not carried.", False),
        ("Is it longer than 500 metres?", "It is about 520 metres long.", None),
        ("Is pier 1 higher than pier 2?", "Pier 1 is 22 m and pier 2 27 m high.", None),
        ("Is it mandatory for lot 1?", "It is mandatory for lot 3 and advised for lots 1 and 2.", None),
        ("Is it mandatory for lot 3?", "It is mandatory for lot 3 and advised for lots 1 and 2.", True),
        ("Did 40 people die?", "In the fire 12 people died.", None),
        ("Did Berg win?", "Berg did not run, and Lin won.", None),
        ("Is the moon made of cheese?", "The bridge is open.", None),
        ("Did visitor numbers rise or fall?", "Visitor numbers rose by 12 percent.", None),
        ("Did Lind vote for or against the charges?", "Lind voted against the charges.", None),
        ("Was it built before or after the railway?", "It was built before the railway.", None),
        ("Can children of 12 or older enter?", "Children of 12 or older can enter.", True),
        ("Has the crack grown since January?", "The crack has grown by 6 cm since January.", True),
        ("Did the firm buy a second mill?", "The firm bought a second mill in 1880.", True),
        ("Did the hen lay an egg?", "The hen laid an egg.", True),
        ("Did Mary found the school?", "The school was founded by Mary.", True),
        ("Did the mayor choose Lin?", "Lin was not chosen by the mayor.", False),
        ("Are laptops allowed?", "Notes are allowed, laptops and phones are not.", False),
        ("Are notes allowed?", "Notes are allowed, laptops and phones are not.", True),
        ("Are laptops forbidden?", "Notes are allowed, but laptops aren't.", True),
        ("Are pens allowed?", "Notes are allowed, laptops and phones are not.", None),
        ("Are laptops allowed?", "Notes are allowed if asked for, laptops are not.", None),
        ("Can I use a lead of 10 metres?", "Never use a lead that is longer than 5 metres.", False),
        ("Can I use a lead of 3 metres?", "Never use a lead that is longer than 5 metres.", None),
        ("Can dogs of 20 kg ride?", "Dogs of up to 25 kg can ride.", True),
        ("Can 40 people ride?", "More than 30 people can ride.", None),
        ("Can I freeze the bread?", "Can I freeze the bread? Yes, for three months.", True),
        ("Can I not freeze the bread?", "Can I freeze the bread? Yes, for three months.", False),
        ("Can I freeze the bread?", "Can I freeze the bread? No parking is allowed here.", None),
        ("Can I freeze the dough?", "Can I freeze the bread? Yes, for three months.", None),
        ("", "The bridge is open.", None),
        ("Is parking free?", "Blue Badge holders park free behind the building.", None),
        ("Is parking free?", "Parking is free after 6 p.m.", None),
        ("Is parking free after 6 p.m.?", "Parking is free after 6 p.m.", True),
        ("Is delivery free?", "Delivery is free for orders above 40 euros.", None),
        ("Is delivery free?", "Delivery is free for all orders.", True),
        ("Is the ferry free?", "The ferry is free on Sundays.", None),
        ("Was the ferry free?", "The ferry was free on Sunday.", True),
        ("May bees be kept?", "Bees may be kept with a certificate.", None),
        ("May bees be kept?", "Bees may be kept when the neighbours agree.", None),
        ("May bees be kept when it rains?", "Bees may be kept when it rains.", True),
        ("Do visitors park free?", "Visitors who hold a badge park free.", None),
        ("Are the lamps free?", "Batteries and lamps are free.", True),
        ("Are the ovens heated with gas?", "The ovens are heated with wood, and not with gas.", False),
        ("Does Ann sign the sheet?", "Results are entered by Ann, who signs the sheet.", True),
        ("Is the pool open?", "In August the pool is not open.", None),
        ("Was the old ferry scrapped?", "The old ferry was sold rather than scrapped.", False),
        ("Was the old ferry sold?", "The old ferry was sold rather than scrapped.", True),
        ("Is the haulm composted?", "The haulm is burned instead of composted.", False),
        ("Is the ferry full?", "The ferry is far from full.", None),
        ("Is the museum open?", "The museum is open all year apart from January.", None),
        ("Will the tower be restored?", "It is unlikely that the tower will be restored.", None),
        ("Has the lamp been repaired?", "The lamp has yet to be repaired.", False),
        ("Is there a sauna on board?", "The sauna on board was removed in 2010.", None),
        ("Is there a mill?", "There was a mill.", None),
        ("Is there a mill?", "There is a mill.", True),
        ("Was there a mill?", "There was a mill.", True),
        ("Is beer served?", "Neither beer nor wine is served.", False),
        ("Is wine served?", "Neither beer nor wine is served.", False),
        ("Is the ferry used by tourists?", "The ferry is not only used by tourists but also by farmers.", True),
        ("Does the café sell hot meals?", "The café sells cakes but no longer sells hot meals.", False),
        ("Does the café sell cakes?", "The café sells cakes but no longer sells hot meals.", True),
        ("Does the kiosk sell meals?", "The café sells cakes but the kiosk no longer sells meals.", False),
        ("Does the café sell meals?", "The café sells cakes but the kiosk no longer sells meals.", None),
        ("Are guests without a ticket admitted?", "Guests without a ticket are not admitted.", False),
        ("May I sublet a room?", "Subletting a room requires the consent of the landlady.", None),
        ("Did the council vote for the road?", "The council voted down the road.", None),
        ("Was the mine shut during the war?", "The mine was shut before the war.", None),
        ("Was the mine shut before the war?", "The mine was shut before the war.", True),
        ("Is the café above the shop?", "The café is below the shop.", None),
        ("Is the first half hour free?", "The first half hour is free.", True),
        ("Are half of the seats free?", "Half of the seats are free.", None),
        ("Are guide dogs admitted?", "Dogs are not admitted, guide dogs excepted.", None),
        ("Do guests pay less than members?", "Members pay less than guests.", None),
        ("Do members pay less than guests?", "Members pay less than guests.", True),
        ("Did Berg beat Lin?", "Lin beat Berg.", None),
        ("May I wear street shoes?", "Street shoes must not be worn.", False),
        ("Did Berg beat Lin?", "Lin was beaten by Berg.", True),
        ("Did Berg beat Lin?", "In 1990, Berg beat Lin.", True),
        ("Did Berg sing on Sunday?", "On Sunday Berg sang.", True),
        ("Is it larger in older cats?", "It is larger in cats over ten years than in younger ones.", None),
        ("Was there a difference between men and women?", "It did not differ between men and women.", False),
        ("Do many passengers use the lift?", "Few passengers use the lift.", None),
    ],
)
def test_a_plain_sentence_decides_yes_or_no(question: str, sentence: str, decided: bool | None) -> None:
    assert polarity(question, sentence, "", sentence) is decided


@pytest.mark.parametrize(
    ("question", "sentence", "above", "decided"),
    [
        ("Are drones allowed at the museum?", "Drones are forbidden.", "Museum of Transport", False),
        ("Are drones allowed at the museum?", "Drones are allowed.", "Museum of Transport", None),
        ("Are drones allowed at the museum?", "Drones are forbidden.", "City park", None),
        ("Do drones live in hives?", "Drones do not live in trees.", "Hives", None),
        ("Is the lift open to wheelchairs?", "The lift is not open, because it is narrow.", "Wheelchairs", False),
        ("Does Tidepool sell data?", "We never sell data.", "Privacy policy of Tidepool", False),
    ],
)
def test_headings_may_name_what_the_sentence_does_not(
    question: str, sentence: str, above: str, decided: bool | None
) -> None:
    assert polarity(question, sentence, above, "") is decided


def test_a_denial_about_another_subject_decides_nothing() -> None:
    passage = "The premium plan costs 5 euros. The basic plan costs 3 euros; support is not included."
    assert polarity("Does the premium plan include support?", "Support is not included.", "Plans", passage) is None
