# ruff: noqa: RUF001 -- Cyrillic letters look like Latin ones
"""Function words of each language, including question words."""

from __future__ import annotations

from qa.text.lexicon import listed

ENGLISH = "en"
FUNCTION_WORDS = {
    ENGLISH: listed(
        "a about after am an and any are aren arent as at be been before being between but by can cant could couldn "
        "couldnt did didn didnt do does doesn doesnt doing dont during each for from had hadn has hasn hasnt have "
        "havent having he her hers him his how i if in into is isn isnt it its just ll many me might more most much "
        "must mustn my no nor not of on once only or other our over own s same shall she should shouldn shouldnt so "
        "some such t than that the their them then there these they this those through to too under until up us ve "
        "very was wasn wasnt we were weren werent what whats when where which while who whom whose why will with wont "
        "would wouldn wouldnt you your"
    ),
    "de": listed(
        "aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bist da dadurch daher damit "
        "dann das dass dasselbe davon dazu daß dein deine dem den denen denn der deren derer des dessen dich die dies "
        "diese diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines er es etwa etwas "
        "euch euer eure für gegen gibt hab habe haben hat hatte hatten hier hinter ich ihm ihn ihnen ihr ihre ihrem "
        "ihren ihrer ihres im in indem ins ist ja jede jedem jeden jeder jedes jene jenem jenen jener jenes kann kein "
        "keine keinem keinen keiner können könnte man mehr mein meine mit muss musste mussten müssen nach nicht noch "
        "nun nur ob oder ohne sehr sein seine seinem seinen seiner seines seit selbst sich sie sind so solche solchem "
        "solchen solcher soll sollte sondern sowie sowohl um und uns unser unsere unter vom von vor wann war waren "
        "warum was weil welche welchem welchen welcher welches wem wen wenn wer werde werden weshalb wessen wie "
        "wieder wieso wieviel wird wirst wo wobei wodurch wofür woher wohin womit woran worauf woraus worin worüber "
        "wovon wozu wurde wurden während würde würden zu zum zur zwar zwischen über"
    ),
    "es": listed(
        "a al algo algunas alguno algunos algún ante antes aquel aquella aquellas aquellos aquí así aun aunque aún "
        "bajo cada casi como con contra cual cuales cualquier cuando cuanta cuantas cuanto cuantos cuya cuyas cuyo "
        "cuyos cuál cuáles cuándo cuánta cuántas cuánto cuántos cómo de del desde donde durante dónde e el ella ellas "
        "ellos en entre era eran es esa esas ese eso esos esta estaba estaban estado estar estas este esto estos está "
        "están fue fuera fueron ha haber había habían han hasta hay he hubo la las le les lo los me mi mientras mis "
        "mucha muchas mucho muchos muy más ni no nos nosotros nuestra nuestras nuestro nuestros o otra otras otro "
        "otros para pero poco por porque pues que quien quienes quién quiénes qué se sea sean según ser será si sido "
        "siendo sin sino sobre son su sus sí también tan tanto te tiene tienen todo todos tras tu tus tú u un una "
        "unas uno unos y ya yo él"
    ),
    "fr": listed(
        "a afin ai ainsi alors après as au aucun aucune aujourd auquel aussi autre autres aux auxquelles auxquels "
        "avaient avait avant avec avoir avons c car ce ceci cela celle celles celui cependant ces cet cette ceux "
        "chaque chez combien comme comment d dans de depuis des desquelles desquels donc dont du duquel durant elle "
        "elles en encore entre es est et eu eux eût furent fut il ils j jusqu jusque l la laquelle le lequel les "
        "lesquelles lesquels leur leurs lors lorsque lui là m ma mais me mes moi moins mon même n ne ni non nos notre "
        "nous on ont ou où par parce pas pendant peu peut peuvent plus pour pourquoi puis puisque qu quand que quel "
        "quelle quelles quels qui quoi s sa sans se selon sera seront ses si sinon soit son sont sous sur t ta tandis "
        "te tes toi ton tous tout toute toutes trop très tu un une vers voici vos votre vous y à ça étaient était été "
        "être"
    ),
    "it": listed(
        "a abbiamo ad agli ai al alcuna alcune alcuni alla alle allo allora anche ancora avere aveva avevano c che "
        "chi ci ciascuna ciascuno ciò coi col come con cosa così cui d da dagli dai dal dalla dalle dallo degli dei "
        "del dell della delle dello dentro di dopo dove dunque durante e ebbe ebbero ed era erano essa esse essendo "
        "essere essi esso fino fra fu furono già gli ha hanno ho i il in io l la le lei li lo loro lui ma me mentre "
        "mi mia mio molta molte molti molto ne negli nei nel nell nella nelle nello noi non nostra nostri nostro né o "
        "ogni oppure per perché però più po poi prima pure qual qualche quale quali quando quanta quante quanti "
        "quanto quel quella quelle quelli quello quest questa queste questi questo qui quindi sarà se secondo sei "
        "senza si sia siano sono sotto sta stata state stati stato su sua sue sugli sui sul sull sulla sulle sullo "
        "suo suoi sé tra tu tutta tutte tutti tutto un una uno verso vi voi è"
    ),
    "nl": listed(
        "aan af al alle als alsof altijd andere bij daar daarom daarvan dan dat de der deze die dit doch doen door "
        "dus een en enkele er geen geweest haar had hadden heb hebben heeft hem het hier hierdoor hij hoe hoeveel hun "
        "ieder iedere iets ik in indien is je jou jouw kan kon konden kunnen maar me meer men met mij mijn moet "
        "moeten mogen na naar nadat niet nog nu of om omdat ondanks onder ons onze ook op over reeds sinds te tegen "
        "ten ter tijdens toch toen tot tussen u uit uw van vanaf veel volgens voor vooral waar waarbij waardoor "
        "waarin waarom waarop waarvan wanneer want waren was wat we wel welk welke werd werden wie wiens wij wil "
        "worden wordt ze zei zelf zich zij zijn zo zoals zonder zou zouden zowel zulke"
    ),
    "pt": listed(
        "a ainda algo algum alguma algumas alguns ao aos apenas após aquela aquelas aquele aqueles aquilo as assim "
        "até cada com como contra cuja cujas cujo cujos da das de dela delas dele deles depois desde dessa desse "
        "desta deste disso disto do dos durante e ela elas ele eles em embora enquanto entre era eram essa essas esse "
        "esses esta estas estava estavam este estes está estão eu foi foram há isso isto já lhe lhes mais mas me "
        "mesmo meu minha muita muitas muito muitos na nas nem nessa nesse nesta neste no nos nossa nossas nosso "
        "nossos num numa nunca não nós o onde os ou outra outras outro outros para pela pelas pelo pelos per perante "
        "pois por porque porquê porém pouco quais qual qualquer quando quanta quantas quanto quantos que quem quê se "
        "segundo seja sem sendo ser será seu seus sido sob sobre sua suas são só também tanto te tem tendo ter teve "
        "tinha tinham toda todas todo todos tu tão têm um uma umas uns você vocês à às é"
    ),
    "ru": listed(
        "а без более больше был была были было быть в вам вас ведь весь во вот все всего всей всем всех всю вся всё "
        "вы где да даже для до его ее ей ему если есть еще ещё её ж же за зачем и из или им ими их к каждый как какая "
        "какие каким каких какого какой каком какую кем ко когда кого кому которая которого которое которой котором "
        "которую которые который которых кто куда ли лишь между меня мне много может можно мы на над надо нас наш не "
        "него нее ней нет неё ни них но ну о об обо один одна однако он она они оно от откуда очень перед по под "
        "после потом потому почему при про раз с сам сама само свое своего своей свои своих свою своё себе себя "
        "сейчас сколько со та так такая также такие такого такой там те тем теперь то того тоже той только том тот ту "
        "тут ты у уже хотя чего чей чем чему через что чтобы чья эта эти этим этих это этого этой этом этот эту я"
    ),
}
"""Function words by ISO 639-1 code. Keyword search ignores them: a passage can answer a question without them."""
